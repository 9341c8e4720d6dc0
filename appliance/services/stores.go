package services

import (
	"flowhq/appliance/conversations"
	"flowhq/appliance/dashboard"
	"flowhq/appliance/onboarding"
	"flowhq/appliance/supervisor"
	"flowhq/appliance/tenants"
	"flowhq/appliance/tenants/settings"
	"flowhq/storage"
)

// Stores is what each service keeps its rows in.
type Stores struct {
	Supervisor supervisor.Stores
	Tenants    tenants.Store
	Settings   settings.Store
	Messages   settings.MessageStore
	Users      onboarding.UserStore
	Setup      onboarding.SetupStore
	Invites    onboarding.InviteStore
	Chats      conversations.Store
	Requests   conversations.RequestStore
	Erasure    conversations.ErasureStore
	Summaries  dashboard.SummaryStore
	Overview   dashboard.OverviewStore
	Hours      dashboard.HourStore
}

// StoresOf has every service keep its rows in s.
func StoresOf(s *storage.Store) Stores {
	return Stores{
		Supervisor: supervisor.Stores{
			State: s, Desired: s, Reports: s, Config: s, Pauses: s, Holds: s, Tenants: s, Health: s,
		},
		Tenants: s, Settings: s, Messages: s, Users: s, Setup: s, Invites: s, Chats: s, Requests: s, Erasure: s,
		Summaries: s, Overview: s, Hours: s,
	}
}
