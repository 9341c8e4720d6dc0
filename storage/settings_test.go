package storage_test

import (
	"testing"
	"time"

	"flowhq"
)

func TestSettingsVersions(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		id := h.tenant(t, "Asha", "").ID
		_, err := h.PublishDraft(h.ctx, id, "admin")
		refused(t, err, flowhq.CodeConflict)

		draft := must(h.SaveDraft(h.ctx, id, flowhq.Settings{Contact: "one"}.Normalize(), "", "asha"))(t)
		equal(t, "version", draft.Version, 2)
		equal(t, "state", draft.State, flowhq.SettingsDraft)
		hours := &flowhq.Hours{}
		hours.Days[time.Friday] = []flowhq.Span{{Open: "10:00", Close: "12:00"}}
		draft = must(h.SaveDraft(h.ctx, id, flowhq.Settings{Contact: "two", Hours: hours}.Normalize(), "flow: own",
			"juma"))(t)
		equal(t, "version of the draft written again", draft.Version, 2)
		equal(t, "in force still", must(h.PublishedSettings(h.ctx, id))(t).Settings.Contact, "")

		h.clock.advance(time.Minute)
		pub := must(h.PublishDraft(h.ctx, id, "admin"))(t)
		equal(t, "published", pub.State, flowhq.SettingsPublished)
		equal(t, "when", *pub.PublishedAt, noon.Add(time.Minute))
		got := must(h.PublishedSettings(h.ctx, id))(t)
		equal(t, "contact", got.Settings.Contact, "two")
		equal(t, "flow", got.FlowYAML, "flow: own")
		equal(t, "author", got.Author, "admin")
		equal(t, "hours", got.Settings.Hours.Days[time.Friday][0].Open, "10:00")
		equal(t, "hours in the config", len(must(h.Tenant(h.ctx, id))(t).Config.HoursJSON) > 0, true)
		_, err = h.PublishDraft(h.ctx, id, "admin")
		refused(t, err, flowhq.CodeConflict)

		back := must(h.Rollback(h.ctx, id, 1, "admin"))(t)
		equal(t, "rolled back under", back.Version, 3)
		equal(t, "contact", must(h.PublishedSettings(h.ctx, id))(t).Settings.Contact, "")
		equal(t, "hours in the config", len(must(h.Tenant(h.ctx, id))(t).Config.HoursJSON), 0)
		_, err = h.Rollback(h.ctx, id, 99, "admin")
		refused(t, err, flowhq.CodeNotFound)
		must(h.SaveDraft(h.ctx, id, flowhq.Settings{}.Normalize(), "", ""))(t)
		_, err = h.Rollback(h.ctx, id, 4, "admin")
		refused(t, err, flowhq.CodeConflict)

		all := must(h.SettingsVersions(h.ctx, id, flowhq.VersionQuery{}))(t)
		sameList(t, "versions", each(all, func(v flowhq.SettingsVersion) int { return v.Version }), 4, 3, 2, 1)
		sameList(t, "states", each(all, func(v flowhq.SettingsVersion) flowhq.SettingsState { return v.State }),
			flowhq.SettingsDraft, flowhq.SettingsPublished, flowhq.SettingsOld, flowhq.SettingsOld)
	})
}

// A tenant that another program made has no settings; they come from its config, in whatever form its hours are.
func TestFirstSettingsComeFromTheConfig(t *testing.T) {
	onBoth(t, func(t *testing.T, h *harness) {
		for hours, want := range map[string]int{
			`{"mon":{"open":"08:00","close":"17:00"}}`:                                    1,
			`{"mon":[{"open":"08:00","close":"12:00"},{"open":"13:00","close":"17:00"}]}`: 2,
			`"closed"`: -1, `{"monday":1}`: -1,
		} {
			id := h.tenant(t, "Asha", "").ID
			h.exec(t, "DELETE FROM tenant_settings WHERE tenant_id = $1", id)
			h.exec(t, "UPDATE tenant_configs SET hours_json = $1 WHERE tenant_id = $2", hours, id)
			v := must(h.PublishedSettings(h.ctx, id))(t)
			equal(t, "version", v.Version, 1)
			equal(t, "time zone", v.Settings.Timezone, flowhq.DefaultTimezone)
			switch {
			case want < 0:
				equal(t, "hours that can't be read", v.Settings.Hours, nil)
			case v.Settings.Hours == nil:
				t.Errorf("no hours from %s", hours)
			default:
				equal(t, "spans", len(v.Settings.Hours.Days[time.Monday]), want)
			}
			equal(t, "asked again", must(h.PublishedSettings(h.ctx, id))(t).ID, v.ID)
			equal(t, "versions", len(must(h.SettingsVersions(h.ctx, id, flowhq.VersionQuery{}))(t)), 1)
		}
	})
}
