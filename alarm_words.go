package flowhq

type alarmWords struct{ sentence, remedy string }

// words gives what a kind of alarm says; an unknown kind says its name.
func (k AlarmKind) words(lang Language) alarmWords {
	if lang == Swahili {
		return k.swahili()
	}
	return k.english()
}

func (k AlarmKind) english() alarmWords {
	switch k {
	case AlarmBackupFailed:
		return alarmWords{"The last backup failed.", "See the log for the reason, put it right, then run: flowhq backup"}
	case AlarmBackupOld:
		return alarmWords{"The newest backup is {days} days old.", "Run: flowhq backup. To have one made every night, set BACKUP_AT."}
	case AlarmBackupPartial:
		return alarmWords{"The last backup lacks the files of {count} businesses.", "The log names them and says why. Restart those bots, then run: flowhq backup"}
	case AlarmDatabaseAway:
		return alarmWords{"The database can't be reached. The bots go on answering; nothing is lost.", "Start PostgreSQL again: systemctl start postgresql. What the bots kept meanwhile is written by itself."}
	case AlarmDatabaseFault:
		return alarmWords{"The database refuses to be written.", "Make room on its disk and look at its log. If the file is damaged, restore the newest backup: flowhq restore"}
	case AlarmDatabaseFull:
		return alarmWords{"The database's disk is full. The bots go on answering and keep what they have to tell.", "Make room on its disk (df -h shows which is full). What the bots kept is written by itself then."}
	case AlarmDatabaseReadOnly:
		return alarmWords{"The database may be read but not written.", "A PostgreSQL that is a standby must be promoted, or DATABASE_URL must name the primary. A disk that was mounted read-only after a fault needs fsck."}
	case AlarmDatabaseBusy:
		return alarmWords{"Another program holds the database locked.", "Find and end it: fuser -v on the database file shows who it is. A backup tool that copies the file is a usual cause."}
	case AlarmDatabaseConnections:
		return alarmWords{"PostgreSQL has no connection left for Flow HQ.", "Raise max_connections in postgresql.conf, or end programs that keep too many connections open."}
	case AlarmDatabaseSlow:
		return alarmWords{"The database does not answer in time.", "See what it is busy with: top, iostat, and PostgreSQL's own log."}
	case AlarmDatabaseDamaged:
		return alarmWords{"The database file is damaged. The bots go on answering.", "Stop Flow HQ and restore the newest good backup ({backup}): flowhq restore. Then have the disk checked."}
	case AlarmDiskLow:
		return alarmWords{"Only {free} are left on the disk of {path}.", "Delete what is not needed or enlarge the disk. Below 100 MB bots can't take in messages; WhatsApp keeps them meanwhile."}
	case AlarmCertificate:
		return alarmWords{"The certificate of {host} ends in {days} days.", "Renew it: certbot renew. If that should happen by itself, see why it does not: systemctl status certbot.timer"}
	case AlarmCertificateBad:
		return alarmWords{"Browsers refuse the certificate of {host}.", "Renew it or put the right one into the web server in front; then reload that server."}
	case AlarmUpgradeRefused:
		return alarmWords{"The upgrade to {version} was refused; the version before runs on.", "Run flowhq upgrade-check for the reason. Nothing was changed."}
	case AlarmWorkerUpgrade:
		return alarmWords{"This bot still runs on an older version than {version}.", "Restart it when its customers are quiet."}
	}
	return alarmWords{string(k), ""}
}

func (k AlarmKind) swahili() alarmWords {
	switch k {
	case AlarmBackupFailed:
		return alarmWords{"Nakala ya mwisho ya akiba imeshindikana.", "Angalia sababu kwenye logi, irekebishe, kisha endesha: flowhq backup"}
	case AlarmBackupOld:
		return alarmWords{"Nakala mpya zaidi ya akiba ina siku {days}.", "Endesha: flowhq backup. Ili ifanyike kila usiku, weka BACKUP_AT."}
	case AlarmBackupPartial:
		return alarmWords{"Nakala ya mwisho ya akiba inakosa faili za biashara {count}.", "Logi inazitaja na kusema sababu. Anzisha upya bot hizo, kisha endesha: flowhq backup"}
	case AlarmDatabaseAway:
		return alarmWords{"Hifadhidata haifikiki. Bot zinaendelea kujibu; hakuna kinachopotea.", "Anzisha PostgreSQL tena: systemctl start postgresql. Yaliyowekwa na bot yataandikwa yenyewe."}
	case AlarmDatabaseFault:
		return alarmWords{"Hifadhidata inakataa kuandikwa.", "Ongeza nafasi kwenye diski yake na angalia logi yake. Faili likiwa limeharibika, rejesha nakala mpya zaidi: flowhq restore"}
	case AlarmDatabaseFull:
		return alarmWords{"Diski ya hifadhidata imejaa. Bot zinaendelea kujibu na zinahifadhi yatakayoandikwa.", "Ongeza nafasi kwenye diski (df -h inaonyesha ipi imejaa). Yaliyohifadhiwa na bot yataandikwa yenyewe."}
	case AlarmDatabaseReadOnly:
		return alarmWords{"Hifadhidata inasomeka lakini haiandikiki.", "PostgreSQL ya akiba (standby) ifanywe kuu, au DATABASE_URL itaje iliyo kuu. Diski iliyofungwa kuandikwa baada ya hitilafu inahitaji fsck."}
	case AlarmDatabaseBusy:
		return alarmWords{"Programu nyingine imeifunga hifadhidata.", "Itafute na uizime: fuser -v kwenye faili la hifadhidata inaonyesha ni ipi. Mara nyingi ni programu ya kunakili faili."}
	case AlarmDatabaseConnections:
		return alarmWords{"PostgreSQL haina muunganisho uliobaki kwa Flow HQ.", "Ongeza max_connections kwenye postgresql.conf, au zima programu zinazoshika miunganisho mingi."}
	case AlarmDatabaseSlow:
		return alarmWords{"Hifadhidata haijibu kwa wakati.", "Angalia inashughulika na nini: top, iostat na logi ya PostgreSQL."}
	case AlarmDatabaseDamaged:
		return alarmWords{"Faili la hifadhidata limeharibika. Bot zinaendelea kujibu.", "Zima Flow HQ na urejeshe nakala nzuri mpya zaidi ya akiba ({backup}): flowhq restore. Kisha diski ikaguliwe."}
	case AlarmDiskLow:
		return alarmWords{"Zimebaki {free} tu kwenye diski ya {path}.", "Futa visivyohitajika au ongeza diski. Chini ya MB 100 bot haziwezi kupokea ujumbe; WhatsApp inauhifadhi kwa sasa."}
	case AlarmCertificate:
		return alarmWords{"Cheti cha {host} kinaisha baada ya siku {days}.", "Kihuishe: certbot renew. Kama kilipaswa kujihuisha chenyewe, angalia kwa nini hakifanyi: systemctl status certbot.timer"}
	case AlarmCertificateBad:
		return alarmWords{"Vivinjari vinakataa cheti cha {host}.", "Kihuishe au weka cheti sahihi kwenye seva ya mbele; kisha ipakie upya seva hiyo."}
	case AlarmUpgradeRefused:
		return alarmWords{"Toleo jipya {version} limekataliwa; toleo la awali linaendelea.", "Endesha flowhq upgrade-check kujua sababu. Hakuna kilichobadilishwa."}
	case AlarmWorkerUpgrade:
		return alarmWords{"Bot hii bado inatumia toleo la zamani kuliko {version}.", "Ianzishe upya wateja wakiwa wametulia."}
	}
	return alarmWords{string(k), ""}
}
