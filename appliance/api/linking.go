package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/supervisor"
)

// qrView is the code to scan. The state is the coarse one that the portal knows.
type qrView struct {
	State     flowhq.SessionState `json:"state"`
	Phase     flowhq.Phase        `json:"phase"`
	QR        *string             `json:"qr"`
	Code      *string             `json:"code"`
	ExpiresAt *stamp              `json:"expires_at"`
}

// target finds the tenant that a call is about: by the id in an admin's address, or as the portal user's own.
type target func(c *gin.Context) (id string, err error)

func byPath(what string) target {
	return func(c *gin.Context) (string, error) { return pathID(c, "id", what) }
}

// showQR shows the code. Somebody who asks has the linking panel open: a worker that waits because nobody scanned makes
// new codes.
func (a *API) showQR(devices *supervisor.Devices, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		s, err := devices.Session(c.Request.Context(), id)
		if err != nil {
			return missing(err, "Session")
		}
		if s.Phase == flowhq.PhaseNobody {
			if err := devices.OpenLinking(c.Request.Context(), id); err != nil {
				a.cfg.Log.Warn("new codes could not be asked for", "tenant", id, "error", err)
			}
		}
		c.JSON(http.StatusOK, qrView{
			State: s.State, Phase: s.Phase, QR: orNull(s.LastQR), Code: orNull(s.QRCode), ExpiresAt: maybe(s.QRExpires),
		})
		return nil
	}
}

// openLinking says that somebody looks at the linking panel, for pages that get the code by the stream of changes.
func openLinking(devices *supervisor.Devices) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Session")
		if err != nil {
			return err
		}
		if _, err := devices.Session(c.Request.Context(), id); err != nil {
			return missing(err, "Session")
		}
		if err := devices.OpenLinking(c.Request.Context(), id); err != nil {
			return err
		}
		done(c, "Linking opened")
		return nil
	}
}

type linkCodeView struct {
	Code      string `json:"code"`
	ExpiresAt stamp  `json:"expires_at"`
}

// makeLinkCode asks WhatsApp for a pairing code, for phone_number or the tenant's own number.
func makeLinkCode(devices *supervisor.Devices, of target) call {
	return func(c *gin.Context) error {
		id, err := of(c)
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		phone := in.text("phone_number")
		if err := in.err(); err != nil {
			return err
		}
		code, err := devices.LinkCode(c.Request.Context(), id, phone)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, linkCodeView{Code: code.Code, ExpiresAt: stamp(code.ExpiresAt)})
		return nil
	}
}

// logoutDevice unlinks the device.
func logoutDevice(devices *supervisor.Devices) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := devices.Logout(c.Request.Context(), access.By(c), id); err != nil {
			return err
		}
		done(c, "Device unlinked")
		return nil
	}
}
