package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
)

// asService marks commands that touch what the installed appliance owns (its database above all): run by root they
// become the service's user first, so that no file of root's is left where the service must write.
const asService = "flowhq/as-service"

func becomesService() map[string]string { return map[string]string{asService: "true"} }

// becomeServiceUser does so for a marked command of the installed program; for others and for other users it does
// nothing.
func becomeServiceUser(cmd *cobra.Command) error {
	if cmd.Annotations[asService] == "" || os.Geteuid() != 0 {
		return nil
	}
	src, err := source(cmd)
	if err != nil || !src.Installed {
		return err
	}
	id, err := serviceIdentity()
	if err != nil || id == nil {
		return err
	}
	if err := errors.Join(syscall.Setgroups([]int{int(id.Gid)}), syscall.Setgid(int(id.Gid)),
		syscall.Setuid(int(id.Uid))); err != nil {
		return fmt.Errorf("the command could not become user %s: %w", serviceUser, err)
	}
	return nil
}

// serviceIdentity gives the ids of the service's user, nil where there is none.
func serviceIdentity() (*syscall.Credential, error) {
	u, err := user.Lookup(serviceUser)
	if _, unknown := errors.AsType[user.UnknownUserError](err); unknown {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
