// Package localtrust decides whether the process at the other end of the control socket may control the appliance.
//
// The socket's mode lets in root and the appliance's own user. Workers run as that user too, so a peer that is a
// worker, or that comes from one, is refused: by the peer credentials of the kernel and by the tree of processes.
//
// It may import procman. It must not know what is called over the socket.
package localtrust
