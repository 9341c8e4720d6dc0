package api

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/dashboard"
	"flowhq/locale"
)

// alarmView is what a person must look at, in words of the reader's language.
type alarmView struct {
	Kind     flowhq.AlarmKind  `json:"kind"`
	Grave    bool              `json:"grave"`
	TenantID *string           `json:"tenant_id"`
	Sentence string            `json:"sentence"`
	Remedy   string            `json:"remedy"`
	Facts    map[string]string `json:"facts"`
	Since    stamp             `json:"since"`
}

func viewAlarm(texts *locale.Catalogue, lang flowhq.Language) func(*flowhq.Alarm) alarmView {
	return func(a *flowhq.Alarm) alarmView {
		facts := a.Facts
		if facts == nil {
			facts = map[string]string{}
		}
		return alarmView{
			Kind: a.Kind, Grave: a.Kind.Grave(), TenantID: orNull(a.TenantID),
			Sentence: texts.Say(lang, a.Sentence()), Remedy: texts.Say(lang, a.Remedy()), Facts: facts,
			Since: stamp(a.Since),
		}
	}
}

// listAlarms shows what needs a person now, the gravest first.
func listAlarms(alarms *dashboard.Alarms, texts *locale.Catalogue) call {
	return func(c *gin.Context) error {
		c.Header("Vary", "Accept-Language")
		c.JSON(http.StatusOK, list(alarms.List(), viewAlarm(texts, speaks(c))))
		return nil
	}
}

// speaks gives the language that the caller asks for first; English where it asks for neither.
func speaks(c *gin.Context) flowhq.Language {
	for tag := range strings.SplitSeq(c.GetHeader("Accept-Language"), ",") {
		switch tag = strings.ToLower(strings.TrimSpace(tag)); {
		case strings.HasPrefix(tag, "sw"):
			return flowhq.Swahili
		case strings.HasPrefix(tag, "en"):
			return flowhq.English
		}
	}
	return flowhq.English
}
