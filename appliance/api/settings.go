package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"flowhq"
	"flowhq/appliance/access"
	"flowhq/appliance/tenants/settings"
	"flowhq/locale/key"
)

// settingsVersionView is a row of tenant_settings; flow_yaml is null where the template's own flow is used.
type settingsVersionView struct {
	ID          string               `json:"id"`
	TenantID    string               `json:"tenant_id"`
	Version     int                  `json:"version"`
	State       flowhq.SettingsState `json:"state"`
	Settings    settingsView         `json:"settings"`
	FlowYAML    *string              `json:"flow_yaml"`
	Author      string               `json:"author"`
	CreatedAt   stamp                `json:"created_at"`
	PublishedAt *stamp               `json:"published_at"`
}

// settingsView are the settings with every field there, so that a form can be filled from it.
type settingsView struct {
	Timezone    string        `json:"timezone"`
	Currency    string        `json:"currency"`
	Contact     string        `json:"contact"`
	Address     string        `json:"address"`
	Delivery    string        `json:"delivery"`
	Services    []itemView    `json:"services"`
	Products    []itemView    `json:"products"`
	OwnerNumber *string       `json:"owner_number"`
	Greeting    *string       `json:"greeting"`
	Hours       *flowhq.Hours `json:"hours"`

	Retention *flowhq.RetentionOverride `json:"retention"`
	Limits    *flowhq.OwnLimits         `json:"limits"`
}

type itemView struct {
	Name      string  `json:"name"`
	Price     int64   `json:"price"`
	Unit      *string `json:"unit"`
	Available bool    `json:"available"`
}

func viewItem(i *flowhq.Item) itemView {
	return itemView{Name: i.Name, Price: i.Price, Unit: orNull(i.Unit), Available: i.Available}
}

func viewVersion(v *flowhq.SettingsVersion) settingsVersionView {
	s := v.Settings
	return settingsVersionView{
		ID: v.ID, TenantID: v.TenantID, Version: v.Version, State: v.State,
		Settings: settingsView{
			Timezone: s.Timezone, Currency: s.Currency, Contact: s.Contact, Address: s.Address, Delivery: s.Delivery,
			Services: list(s.Services, viewItem), Products: list(s.Products, viewItem),
			OwnerNumber: orNull(s.OwnerNumber), Greeting: orNull(s.Greeting), Hours: s.Hours,
			Retention: s.Retention, Limits: s.Limits,
		},
		FlowYAML: orNull(v.FlowYAML), Author: v.Author, CreatedAt: stamp(v.CreatedAt),
		PublishedAt: maybe(v.PublishedAt),
	}
}

type settingsAnswer struct {
	Published settingsVersionView  `json:"published"`
	Draft     *settingsVersionView `json:"draft"`
}

// showSettings shows the version in force and the draft, when there is one.
func showSettings(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		published, draft, err := versions.Settings(c.Request.Context(), id)
		if err != nil {
			return err
		}
		answer := settingsAnswer{Published: viewVersion(&published)}
		if draft != nil {
			v := viewVersion(draft)
			answer.Draft = &v
		}
		c.JSON(http.StatusOK, answer)
		return nil
	}
}

// listSettings shows versions, newest first: all of them, or a part. The place in this list is the number of a version.
func listSettings(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		limit, below, err := versionPage(c)
		if err != nil {
			return err
		}
		versions, err := versions.SettingsVersions(c.Request.Context(), id,
			flowhq.VersionQuery{Below: below, Limit: limit})
		if err != nil {
			return err
		}
		linkNextPlace(c, limit, len(versions), func() string { return strconv.Itoa(versions[len(versions)-1].Version) })
		c.JSON(http.StatusOK, list(versions, viewVersion))
		return nil
	}
}

// saveDraft takes a whole settings document, bare or under "settings", and with it "flow_yaml". A flow that is not sent
// stays what it was; an empty one or null goes back to the template's own.
func saveDraft(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		s := in.settings()
		flow := in.text("flow_yaml")
		if err := in.err(); err != nil {
			return err
		}
		if !in.sent("flow_yaml") {
			if flow, err = presentFlow(c.Request.Context(), versions, id); err != nil {
				return err
			}
		}
		v, err := versions.SaveDraft(c.Request.Context(), access.By(c), id, s, flow)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewVersion(&v))
		return nil
	}
}

func presentFlow(ctx context.Context, versions *settings.Settings, id string) (string, error) {
	published, draft, err := versions.Settings(ctx, id)
	if err != nil {
		return "", err
	}
	if draft != nil {
		return draft.FlowYAML, nil
	}
	return published.FlowYAML, nil
}

// settings reads the settings of a body and names every field of a wrong type.
func (in *input) settings() flowhq.Settings {
	doc := in
	if in.has("settings") && !in.isForm {
		doc = &input{}
		in.into("settings", &doc.fields, key.InputObject)
	}
	s := flowhq.Settings{
		Timezone: doc.text("timezone"), Currency: doc.text("currency"), Contact: doc.text("contact"),
		Address:  doc.text("address"),
		Delivery: doc.text("delivery"), OwnerNumber: doc.text("owner_number"), Greeting: doc.text("greeting"),
		Services: doc.items("services"), Products: doc.items("products"),
	}
	s.Hours = doc.openingHours("hours")
	doc.into("retention", &s.Retention, key.InputRetention)
	doc.into("limits", &s.Limits, key.InputLimits)
	if doc != in {
		in.wrong = append(in.wrong, doc.wrong...)
	}
	return s
}

// items reads a list of services or products.
func (in *input) items(name string) []flowhq.Item {
	var raw []json.RawMessage
	in.into(name, &raw, key.InputList)
	items := make([]flowhq.Item, len(raw))
	for n, one := range raw {
		if err := json.Unmarshal(one, &items[n]); err != nil {
			in.complain(fieldPath(fmt.Sprintf("%s[%d]", name, n), err),
				key.InputItem)
		}
	}
	return items
}

// discardDraft throws the draft away.
func discardDraft(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		if err := versions.DiscardDraft(c.Request.Context(), id); err != nil {
			return err
		}
		done(c, "Draft discarded")
		return nil
	}
}

// publishDraft puts the draft in force.
func publishDraft(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		v, err := versions.PublishDraft(c.Request.Context(), access.By(c), id)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewVersion(&v))
		return nil
	}
}

// rollbackSettings publishes an earlier version again.
func rollbackSettings(versions *settings.Settings) call {
	return func(c *gin.Context) error {
		id, err := pathID(c, "id", "Tenant")
		if err != nil {
			return err
		}
		in, err := readInput(c)
		if err != nil {
			return err
		}
		version := in.number("version")
		if version < 1 && len(in.wrong) == 0 {
			in.complain("version", key.InputVersion)
		}
		if err := in.err(); err != nil {
			return err
		}
		v, err := versions.Rollback(c.Request.Context(), access.By(c), id, version)
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, viewVersion(&v))
		return nil
	}
}
