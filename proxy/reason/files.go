package reason

// What is wrong with the CA of Posthouse. A problem has its file, what is wrong and what to do.
var (
	CAProblem = say("ca-problem", "%s: %s. %s")

	CAOwner       = say("ca-owner", "others can read or replace the private key of the Posthouse CA: it belongs to another user")
	CAMode        = say("ca-mode", "others can read or replace the private key of the Posthouse CA (mode %s)")
	CAFolderOwner = say("ca-folder-owner", "others can read or replace the private key of the Posthouse CA: the folder belongs to "+
		"another user")
	CAFolderMode = say("ca-folder-mode", "others can read or replace the private key of the Posthouse CA (mode %s of the folder)")
	CADamaged    = say("ca-damaged", "the file of the Posthouse CA is damaged: %s")
	CANotFile    = say("ca-not-file", "it is not a file, and a private key is written to nothing else")

	CAFolder   = say("ca-folder", "the folder for the Posthouse CA cannot be made: %s")
	CAWrite    = say("ca-write", "the Posthouse CA cannot be written: %s")
	CAReplace  = say("ca-replace", "the Posthouse CA cannot be replaced: %s")
	CANone     = say("ca-none", "there is no Posthouse CA yet: %s")
	CANotYet   = say("ca-not-yet", "the Posthouse CA is not valid yet: set this computer's clock, or replace the CA")
	CAExpired  = say("ca-expired", "the Posthouse CA is past its time: replace it, and install the new one where the old one was")
	CALimited  = say("ca-limited", "the Posthouse CA is limited to other domains")
	CAHost     = say("ca-host", "this is neither a host name nor an address, so no certificate can be made for it")
	CAExposed  = say("ca-exposed", "others can read or replace the private key of the Posthouse CA")
	CAUnusable = say("ca-unusable", "the file of the Posthouse CA is damaged")

	CAFileKind    = say("ca-file-kind", "it is not a file")
	CAFileLarge   = say("ca-file-large", "it is too large")
	CAFileForeign = say("ca-file-foreign", "something is in it that does not belong there")
	CAFileParts   = say("ca-file-parts", "it must hold one whole certificate and one whole private key, and nothing else")
	CACertificate = say("ca-certificate", "its certificate cannot be read")
	CAKey         = say("ca-key", "its private key is not an ECDSA P-256 key")
	CAPair        = say("ca-pair", "its certificate and its private key do not belong together")
	CANotOne      = say("ca-not-one", "its certificate is not of a CA")
	CANotSelf     = say("ca-not-self-signed", "its certificate is not signed by itself")

	CAMoveAway  = say("ca-move-away", "Move away what is there.")
	CARunAs     = say("ca-run-as", "Posthouse has to run as the user that it belongs to.")
	CATryAgain  = say("ca-try-again", "Try again.")
	CATryCopy   = say("ca-try-copy", "Try again, or put back a copy of it.")
	CAPutBack   = say("ca-put-back", "Put back a copy of it, or replace the CA (and install the new one where the old one was).")
	CAChown     = say("ca-chown", "Make it your own (chown), or use another folder.")
	CAChownFile = say("ca-chown-file", "Make it your own (chown), or use another folder. If somebody may have read it, replace the CA.")
	CAChmod     = say("ca-chmod", "Run: chmod 700 %s.")
	CAChmodFile = say("ca-chmod-file", "Run: chmod 600 %s. If somebody may have read it, replace the CA.")
)

// What is wrong with files that the settings name.
var (
	DiskLate    = say("disk-late", "the disk has not answered within %s")
	FileUnread  = say("file-unread", "%s cannot be read: %s")
	RootsSystem = say("roots-system", "the system's root certificates cannot be read: %s")
	RootsNone   = say("roots-none", "the extra roots hold no certificate; a file of PEM blocks \"BEGIN CERTIFICATE\" is expected")

	ClientUnusable  = say("client-file-unusable", "it is not usable as a client certificate: %s")
	ClientPassword  = say("client-file-password", "the password of the PKCS#12 file is wrong")
	ClientNeither   = say("client-file-neither", "it is neither PEM nor PKCS#12: %s")
	ClientKeyNone   = say("client-file-key-none", "tls: failed to find any PEM data in key input")
	ClientNone      = say("client-file-none", "tls: failed to find any PEM data in certificate input")
	ClientPair      = say("client-file-pair", "tls: private key does not match public key")
	ClientKey       = say("client-file-key", "tls: failed to parse private key")
	ClientKeyIsCert = say("client-file-key-is-cert", "tls: found a certificate rather than a key in the PEM for the private key")
	ClientKeyOther  = say("client-file-key-other", "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after "+
		"skipping PEM blocks of the following types: %s")
	ClientOther = say("client-file-other", "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks "+
		"of the following types: %s")
	ClientP12 = say("client-file-p12", "pkcs12: error reading P12 data")
)

// What is wrong with the system proxy, and what was put back of it.
var (
	DesktopNone      = say("desktop-none", "this desktop has no proxy settings that Posthouse can change")
	DesktopOwned     = say("desktop-owned", "another Posthouse has set the system proxy: switch it off there first")
	DesktopClosed    = say("desktop-closed", "the system proxy is no longer managed")
	DesktopLocked    = say("desktop-locked", "the proxy settings are fixed by the administrator")
	DesktopTo        = say("desktop-to", "the system proxy cannot be set to %s: %s")
	DesktopUnchanged = say("desktop-unchanged", "the system proxy was not changed: %s")
	DesktopUnguarded = say("desktop-unguarded", "the system proxy was not changed, because the process that would put it back after a "+
		"crash cannot be started: %s")
	DesktopUnwritten = say("desktop-unwritten", "the system proxy was not changed, because what it was before cannot be written down in "+
		"%s: %s")
	DesktopSet         = say("desktop-set", "the system proxy cannot be set: %s: %s")
	DesktopOld         = say("desktop-old", "the system proxy was not changed: what Posthouse changed before could not be put back (%s)")
	DesktopRestore     = say("desktop-restore", "the system proxy cannot be restored: %s")
	DesktopJournalKept = say("desktop-journal-kept", "the settings are restored, but their journal cannot be removed: %s")
	DesktopEntryKept   = say("desktop-entry-kept", "the settings are restored, but the entry that would do it at login cannot be "+
		"removed: %s")
	DesktopGone = say("desktop-gone", "%s cannot be reached")

	WatchdogDies   = say("watchdog-dies", "the watchdog does not stay alive: a crash would leave the system proxy set until the next start")
	WatchdogFailed = say("watchdog-failed", "the watchdog cannot be started: %s")
	WatchdogSilent = say("watchdog-silent", "it did not begin its watch: %s")
	JournalDamaged = say("journal-damaged", "the journal is damaged")
	JournalVersion = say("journal-version", "the journal is damaged: version %s is not known to this Posthouse")

	KeyUnwritten   = say("key-unwritten", "%s could not be written: %s")
	KeyNotTaken    = say("key-not-taken", "%s could not be written")
	KeyNoBus       = say("key-no-bus", "%s could not be written: is the session's D-Bus running?")
	KeyHolds       = say("key-holds", "it still holds %s")
	KeysTold       = say("keys-told", "gsettings told %s of %s keys of %s")
	ValueLarge     = say("value-large", "it is larger than 64 KiB")
	SettingsLarge  = say("settings-large", "%s is larger than 1 MiB")
	SettingsHeld   = say("settings-held", "another program holds %s")
	ConnectionForm = say("connection-form", "the connection's settings are not in the form that is known")
	MacosAdmin     = say("macos-admin", "macOS asks for an administrator: this account is none, or System Settings, Privacy & "+
		"Security, Advanced requires a password for system-wide settings")
	MacosAdminWhy = say("macos-admin-why", "macOS asks for an administrator: this account is none, or System Settings, Privacy & "+
		"Security, Advanced requires a password for system-wide settings (%s)")
	MacosCredentials = say("macos-credentials", "a proxy with a user name and a password is set, which Posthouse could not put back: "+
		"switch the password off in the network settings, and give that proxy to Posthouse as its upstream proxy")

	Lines        = say("lines", "%s\n%s")
	NotSet       = say("not-set", "(not set)")
	Restored     = say("restored", "restored  %s: %s is %s again")
	LeftAlone    = say("left-alone", "left      %s: %s is %s; Posthouse had written %s, and somebody changed it")
	RestoredDead = say("restored-dead", "note      the previous proxy %s was put back but does not answer")
	RestoreLater = say("restore-later", "note      the settings of %s cannot be reached now; their journal is kept")
	JournalMoved = say("journal-moved", "note      the journal was damaged and is now %s; look at the proxy in your system settings")
	RestoreBusy  = say("restore-busy", "note      the Posthouse with process ID %s has set the system proxy and is running; nothing was "+
		"changed")

	LoginLineLong = say("login-line-long", "the path of the program is too long to be started at login: move it to a shorter one")

	SessionFilesTaken = say("session-files-taken", "another program (%s) is to open session files: choose Posthouse in the menu of such a "+
		"file, Open with, Choose another app")
)
