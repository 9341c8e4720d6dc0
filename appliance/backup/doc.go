// Package backup takes backups of the store and of every tenant's folder, puts them into
// a folder or into S3-compatible storage, thins them out, and brings them back.
//
// # Consistency
//
// Each tenant's databases are copied first (by its worker while it runs, device before journal), the store is read
// afterwards, in one transaction. So the store knows of everything that a copied journal was acknowledged for, and what
// it was not is in the journal still and is told again.
//
// # Bringing back
//
// Files are put aside, in a folder that no worker looks at, and checked with everything else; then one transaction of
// the store is the moment at which a restore has happened. It leaves a restore hold on each tenant: its worker stays
// stopped, and the files are moved into place meanwhile, tried again until that is done, even when a process is killed
// in between. The hold is released when an admin says that the device runs nowhere else.
//
// A restored journal has a new UUID, since its original may have given the numbers that it will give to other events;
// how far the store knows it goes with it.
//
// The package imports the root package, storage, the journal's format and the two packages below it. It must never
// import the supervisor: what it needs of a running appliance is handed in.
package backup
