package wasim

import (
	"errors"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// result answers a request.
func (x *session) result(request *waBinary.Node, children ...waBinary.Node) {
	n := waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID, "id": request.Attrs["id"],
		"type": "result"}}
	if len(children) > 0 {
		n.Content = children
	}
	x.writeNode(n)
}

func (x *session) failIQ(request *waBinary.Node, code int, text string) {
	x.writeNode(waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{"from": types.ServerJID, "id": request.Attrs["id"],
		"type": "error"},
		Content: []waBinary.Node{{Tag: "error", Attrs: waBinary.Attrs{"code": code, "text": text}}}})
}

func (x *session) handleIQ(n *waBinary.Node) {
	kind := attrString(n, "type")
	if kind == "result" || kind == "error" {
		x.mu.Lock()
		answer := x.answers[attrString(n, "id")]
		x.mu.Unlock()
		if answer != nil {
			select {
			case answer <- n:
			default: // answered twice
			}
		}
		return
	}
	child := ""
	if children := n.GetChildren(); len(children) > 0 {
		child = children[0].Tag
	}
	x.answerIQ(n, attrString(n, "xmlns")+" "+kind+" "+child)
}

// answerIQ knows the requests that whatsmeow makes. An empty result is harmless for all others seen so far.
func (x *session) answerIQ(n *waBinary.Node, request string) {
	if x.dev() == nil {
		if request == "md set link_code_companion_reg" {
			x.linkCode(n)
		} else {
			x.result(n)
		}
		return
	}
	switch request {
	case "encrypt get count":
		x.result(n, waBinary.Node{Tag: "count", Attrs: waBinary.Attrs{"value": x.dev().claimedKeys()}})
	case "encrypt set registration":
		x.storeKeys(n)
	case "encrypt get key":
		x.giveKeys(n)
	case "usync get usync":
		x.usync(n)
	case "passive set active":
		x.result(n)
		x.dev().flush(x)
	case "w:sync:app:state set sync":
		x.appState(n)
	case "md set remove-companion-device":
		x.removeDevice(n)
	case "privacy get privacy":
		x.result(n, waBinary.Node{Tag: "privacy", Content: []waBinary.Node{
			{Tag: "category", Attrs: waBinary.Attrs{"name": "readreceipts", "value": "all"}}}})
	case "w:m set media_conn":
		x.result(n, waBinary.Node{Tag: "media_conn",
			Attrs:   waBinary.Attrs{"auth": "sim", "ttl": "300", "auth_ttl": "21600", "max_buckets": "12"},
			Content: []waBinary.Node{{Tag: "host", Attrs: waBinary.Attrs{"hostname": "mmg.whatsapp.net"}}}})
	default:
		x.result(n)
	}
}

func (x *session) storeKeys(n *waBinary.Node) {
	signedNode, list := n.GetChildByTag("skey"), n.GetChildByTag("list")
	signed, ok := parseKeyNode(signedNode)
	uploaded := make([]publicKey, 0, len(list.GetChildren()))
	for _, child := range list.GetChildren() {
		key, keyOK := parseKeyNode(child)
		ok = ok && keyOK
		uploaded = append(uploaded, key)
	}
	if !ok || signed.Sig == nil {
		x.failIQ(n, 406, "not-acceptable")
		return
	}
	if err := x.dev().storeKeys(signed, uploaded); err != nil {
		x.srv.log.Error("keys not kept", "device", x.name(), "error", err)
		x.failIQ(n, 500, "internal-server-error")
		return
	}
	x.result(n)
}

// giveKeys hands out what a client needs to write to a device for the first time. The address is repeated as it was
// asked.
func (x *session) giveKeys(n *waBinary.Node) {
	request := n.GetChildByTag("key")
	users := make([]waBinary.Node, 0, len(request.GetChildren()))
	for _, user := range request.GetChildren() {
		jid := attrJID(&user, "jid")
		answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
		if bundle := x.srv.bundleOf(jid); bundle != nil {
			answer.Content = bundle
		} else {
			answer.Content = []waBinary.Node{{Tag: "error",
				Attrs: waBinary.Attrs{"code": "404", "text": "item-not-found"}}}
		}
		users = append(users, answer)
	}
	x.result(n, waBinary.Node{Tag: "list", Content: users})
}

func (s *Server) bundleOf(jid types.JID) []waBinary.Node {
	p := s.find(jid.User)
	if p == nil {
		return nil
	}
	nodes, err := []waBinary.Node(nil), error(nil)
	if jid.Device == 0 {
		nodes, err = p.bundle()
	} else if p.phone != nil {
		if d := p.phone.device(jid.Device); d != nil {
			nodes, err = d.bundle()
		}
	}
	if err != nil {
		s.log.Error("keys not handed out", "jid", jid.String(), "error", err)
		return nil
	}
	return nodes
}

func (x *session) appState(n *waBinary.Node) {
	request := n.GetChildByTag("sync")
	var collections []waBinary.Node
	for _, c := range request.GetChildrenByTag("collection") {
		collections = append(collections, waBinary.Node{Tag: "collection",
			Attrs: waBinary.Attrs{"name": c.Attrs["name"], "version": "0", "has_more_patches": "false"}})
	}
	x.result(n, waBinary.Node{Tag: "sync", Content: collections})
}

// removeDevice is a client that logs itself out.
func (x *session) removeDevice(n *waBinary.Node) {
	p := x.dev().phone
	if err := errors.Join(p.remove(x.dev(), false), p.notifyDevices(0)); err != nil {
		x.srv.log.Error("logout not kept", "device", x.name(), "error", err)
	}
	x.result(n)
	x.queue(outItem{close: true, linger: x.srv.cfg.Linger})
}

// usync answers which devices an account has, which LID a number has, and whether a number is on WhatsApp at all.
func (x *session) usync(n *waBinary.Node) {
	request := n.GetChildByTag("usync")
	query, list := request.GetChildByTag("query"), request.GetChildByTag("list")
	wanted := map[string]bool{}
	for _, q := range query.GetChildren() {
		wanted[q.Tag] = true
	}
	var users []waBinary.Node
	for _, u := range list.GetChildren() {
		if contact, ok := u.GetOptionalChildByTag("contact"); ok {
			users = append(users, x.srv.contactNode(contact))
		} else if jid := attrJID(&u, "jid"); !jid.IsEmpty() {
			users = append(users, x.srv.userNode(jid, wanted))
		}
	}
	x.result(n, waBinary.Node{Tag: "usync",
		Attrs: waBinary.Attrs{"sid": request.Attrs["sid"], "index": "0", "last": "true",
			"mode": request.Attrs["mode"], "context": request.Attrs["context"]},
		Content: []waBinary.Node{{Tag: "list", Content: users}}})
}

func (s *Server) userNode(jid types.JID, wanted map[string]bool) waBinary.Node {
	user := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
	p := s.find(jid.User)
	if p == nil {
		return user
	}
	var answers []waBinary.Node
	if wanted["devices"] {
		devices := []waBinary.Node{{Tag: "device", Attrs: waBinary.Attrs{"id": "0"}}}
		if p.phone != nil {
			for _, d := range p.phone.linked() {
				devices = append(devices, waBinary.Node{Tag: "device",
					Attrs: waBinary.Attrs{"id": int(d.id), "key-index": int(d.id)}})
			}
		}
		answers = append(answers, waBinary.Node{Tag: "devices",
			Content: []waBinary.Node{{Tag: "device-list", Content: devices}}})
	}
	if wanted["lid"] {
		answers = append(answers, waBinary.Node{Tag: "lid", Attrs: waBinary.Attrs{"val": p.lid}})
	}
	user.Content = answers
	return user
}

// contactNode answers for a number as a person would type it; the client adds the old server's name to it.
func (s *Server) contactNode(contact waBinary.Node) waBinary.Node {
	asked, _ := contact.Content.([]byte)
	digits := strings.TrimPrefix(strings.TrimSuffix(string(asked), "@"+types.LegacyUserServer), "+")
	user := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": pnOf(digits)}}
	known := "out"
	if p := s.find(digits); p != nil && p.digits == digits {
		known = "in"
		user.Attrs["jid"], user.Attrs["pn_jid"] = p.lid, p.pn
	}
	user.Content = []waBinary.Node{{Tag: "contact", Attrs: waBinary.Attrs{"type": known}, Content: asked}}
	return user
}
