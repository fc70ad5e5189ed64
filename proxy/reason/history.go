package reason

// What is wrong with the history on disk.
var (
	HistoryDiskFull = say("history-disk-full", "The disk is full, so requests are not kept there. Free some space, or choose another "+
		"folder (history.folder).")
	HistoryReadOnly = say("history-read-only", "The history's folder cannot be written. Change its rights, or choose another folder "+
		"(history.folder).")
	HistoryWrite  = say("history-write", "Requests cannot be written to the disk: %s.")
	HistoryMarked = say("history-marked", "Marked requests fill the disk budget, so no others are kept there. Take marks off, or raise "+
		"history.budget.")
	HistoryDamaged = say("history-damaged", "The history's file %s is damaged, in %s places in all. What can be read is shown.",
		"The history's file %s is damaged, in %s place in all. What can be read is shown.")
	HistoryIndex = say("history-index", "The history's index cannot be used: %s.")

	// Why a part of a file is not read: parts of sentences.
	HistoryHead     = say("history-head", "the file does not begin as one of Posthouse's does")
	HistoryChecksum = say("history-checksum", "the checksum is another")
	HistoryGap      = say("history-gap", "what stands there is no block")
	HistoryRecord   = say("history-record", "the record is malformed")
	HistoryCodec    = say("history-codec", "it is compressed in a way that is not known here")

	// Why a folder is not used: parts of sentences.
	HistoryForeign = say("history-foreign", "other things lie in it, which only you could get at then: choose an empty folder, or one "+
		"inside it that Posthouse can make")
	HistoryNoFile = say("history-no-file", "%s is no regular file, and nothing else is read or written here: move it out of the folder")
)
