package house

// An exception lets a place break a rule. One that is no longer needed fails.
type exception struct {
	rule, where string // where: folder.Type, folder.Function, a file, or a tree that ends in "/"
	why         string
	needed      bool
}

const (
	ownRewrite = "the connection and its exchange are rewritten together: one exchange, one way"
	mending    = "they are being mended"
)

var exceptions = []exception{
	{rule: Types, where: "proxy.conn", why: ownRewrite},
	{rule: Types, where: "proxy.exchange", why: ownRewrite},
}
