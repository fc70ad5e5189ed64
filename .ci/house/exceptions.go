package house

// An exception lets a place break a rule. One that is no longer needed fails.
type exception struct {
	rule, where string // where: folder.Type, folder.Function, a file, or a tree that ends in "/"
	why         string
	needed      bool
}

var exceptions = []exception{}
