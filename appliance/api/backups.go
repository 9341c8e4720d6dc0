package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
)

type backupsView struct {
	State   flowhq.BackupState `json:"state"`
	Backups []flowhq.Backup    `json:"backups"`
	Failure *string            `json:"failure"` // why they can't be listed
}

// fenceView is a business that is held back after a restore.
type fenceView struct {
	TenantID  string              `json:"tenant_id"`
	BackupID  string              `json:"backup_id"`
	Host      string              `json:"host"`
	TakenAt   stamp               `json:"taken_at"`
	Wish      flowhq.DesiredState `json:"wish"`
	LinkedJID *string             `json:"linked_jid"`
	InPlace   bool                `json:"in_place"`
	CreatedAt stamp               `json:"created_at"`
}

func viewFence(f *flowhq.RestoreHold) fenceView {
	v := fenceView{
		TenantID: f.TenantID, BackupID: f.Origin.ID, Host: f.Origin.Host, TakenAt: stamp(f.Origin.TakenAt),
		Wish:    f.DesiredState,
		InPlace: f.Staged == "", CreatedAt: stamp(f.CreatedAt),
	}
	if f.LinkedJID != "" {
		v.LinkedJID = &f.LinkedJID
	}
	return v
}

// listBackups tells how the backups are doing and which there are. Storage that cannot be reached is part of the
// answer, not a failure of the call.
func listBackups(backups *dashboard.Backups) call {
	return func(c *gin.Context) error {
		backups, state, err := backups.Backups(c.Request.Context())
		view := backupsView{State: state, Backups: backups}
		if backups == nil {
			view.Backups = []flowhq.Backup{}
		}
		if _, ok := errors.AsType[*flowhq.Error](err); ok {
			words := access.Sentence(err)
			view.Failure, err = &words, nil
		}
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, view)
		return nil
	}
}

func startBackup(backups *dashboard.Backups) call {
	return func(c *gin.Context) error {
		if err := backups.StartBackup(c.Request.Context(), access.By(c)); err != nil {
			return err
		}
		c.JSON(http.StatusAccepted, doneView{Success: true, Message: "Backup started"})
		return nil
	}
}

// listFences shows the businesses that are held back, the oldest first: all of them, or a part.
func listFences(holds *supervisor.RestoreHolds) call {
	return func(c *gin.Context) error {
		limit, from, err := page(c, 0)
		if err != nil {
			return err
		}
		fences, err := holds.RestoreHolds(c.Request.Context(), from, limit)
		if err != nil {
			return err
		}
		linkNext(c, limit, len(fences), func() flowhq.Cursor {
			last := fences[len(fences)-1]
			return flowhq.Cursor{At: last.CreatedAt, ID: last.TenantID}
		})
		c.JSON(http.StatusOK, list(fences, viewFence))
		return nil
	}
}

// showFence answers with null for a business that is not held back.
func showFence(holds *supervisor.RestoreHolds, businesses *tenants.Service) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if _, err := businesses.Tenant(c.Request.Context(), id); err != nil {
			return err
		}
		fence, err := holds.RestoreHold(c.Request.Context(), id)
		if err != nil {
			return err
		}
		answer := struct {
			RestoreHold *fenceView `json:"fence"`
		}{}
		if fence != nil {
			v := viewFence(fence)
			answer.RestoreHold = &v
		}
		c.JSON(http.StatusOK, answer)
		return nil
	}
}
