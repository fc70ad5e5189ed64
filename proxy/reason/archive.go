package reason

// Why a file with exchanges could not be read, or not all of it.
var (
	ArchiveUnknown = say("archive-unknown", "%s is in no format that is known here")
	ArchiveUnread  = say("archive-unread", "files in the format %s are not read")
	ArchiveEmpty   = say("archive-empty", "%s is empty")
	ArchiveBroken  = say("archive-broken", "the file is damaged at %s: %s; exchanges before that: %s")
	ArchiveLine    = say("archive-line", "line %s")
	ArchiveByte    = say("archive-byte", "byte %s")
	ArchiveEntry   = say("archive-entry", "exchange %s")

	ArchiveEnds   = say("archive-ends", "it ends before its end")
	ArchiveSyntax = say("archive-syntax", "its syntax is broken (%s)")
	ArchiveNone   = say("archive-none", "it holds no exchanges")
	ArchiveMany   = say("archive-many", "it holds more than %s exchanges")
	ArchiveDeep   = say("archive-deep", "it is nested in more than %s levels")
	ArchiveLarge  = say("archive-large", "it becomes larger than %s bytes")
	ArchiveLong   = say("archive-long", "a value in it is longer than %s bytes")
	ArchiveAfter  = say("archive-after", "something follows its end")

	ArchiveDamaged     = say("archive-damaged", "a part is not what was written")
	ArchiveNoArray     = say("archive-no-array", "it is no JSON array")
	ArchiveNoNetstring = say("archive-no-netstring", "what stands there is no typed netstring")

	ArchiveUnderWay = say("archive-under-way", "It was still under way when it was saved.")
	ArchiveLeftOut  = say("archive-left-out", "exchanges whose heads are larger than a session file takes were left out: %s")

	ArchivePassword = say("archive-password", "it is encrypted with a password")
)
