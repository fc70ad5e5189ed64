package ui

import (
	"bytes"
	"errors"
	"slices"

	"fyne.io/fyne/v2"

	"posthouse/app"
	"posthouse/proxy/content"
	"posthouse/proxy/flow"
	"posthouse/proxy/rules"
	"posthouse/ui/command"
	"posthouse/ui/details"
	"posthouse/ui/i18n"
	uirules "posthouse/ui/rules"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// rulesOfRows are the rules that can be made of a row. One that says what it does is in force
// with the click; the others are for a person to go on with.
var rulesOfRows = []ruleOfRow{
	{id: "answer"},
	{id: "block", lines: "block = \"403\" # or reset, close, hang\n", whole: true},
	{id: "delay", lines: "delay = { response = \"2s\" }\n", whole: true},
	{id: "fields", lines: "request.set = [\"X-Debug: 1\"]\nresponse.set = [\"Cache-Control: no-store\"]\n"},
	{id: "rule", remark: "rule.make.how", lines: "# answer = { status = 200, type = \"application/json\", text = '[]' }\n" +
		"# block = \"403\" # or reset, close, hang\n" +
		"# delay = { response = \"2s\" }\n# request.set = [\"X-Debug: 1\"]\n# response.remove = [\"Set-Cookie\"]\n# mark = \"red\"\n"},
}

// ruleOfRow is a rule that can be made of a row.
type ruleOfRow struct {
	id     string // behind "rule.make." in the catalogue
	remark string // above the lines, a key of the catalogue; "" for none
	lines  string // what it does; "": it answers with what came
	whole  bool   // nothing is lacking
}

func (k *ruleOfRow) words() string { return i18n.T("rule.make." + k.id) }

// does reports whether a rule does the same.
func (k *ruleOfRow) does(c *rules.Compiled) bool {
	switch k.id {
	case "answer":
		return c.Answer != nil
	case "block":
		return c.Block != ""
	}
	return k.id == "delay" && c.Delay != nil
}

// ruledRow reports whether rules can be for what a row is of.
func ruledRow(row *flow.Row) bool { return row.Kind == flow.KindHTTP || row.Kind == flow.KindUpgraded }

// ruleItems are the rules that can be made of a row, in its menu: the one that answers with what
// came stands there itself.
func (r *rowActions) ruleItems(id flow.ID, row *flow.Row) []*fyne.MenuItem {
	if !ruledRow(row) {
		return nil
	}
	var items []*fyne.MenuItem
	for i := range rulesOfRows {
		kind := &rulesOfRows[i]
		items = append(items, fyne.NewMenuItem(kind.words(), func() { r.setups.ruled.makeOf(id, kind) }))
	}
	return []*fyne.MenuItem{items[0], below("rule.make", items[1:])}
}

// makeRules are the same as commands.
func (c *commands) makeRules() (items []command.Item) {
	ruled := func() bool {
		row, ok := c.selectedRow()
		return ok && ruledRow(&row)
	}
	for i := range rulesOfRows {
		kind := &rulesOfRows[i]
		items = append(items, command.Do(command.Command{ID: kind.id, Name: "rule.make." + kind.id, Enabled: ruled, Why: c.whyNoRequest,
			Run: func() { c.w.setups.ruled.makeOf(c.w.list.Selected, kind) }}))
	}
	return items
}

// newRules begin a rule, each of a kind.
func (c *commands) newRules() (items []command.Item) {
	for _, kind := range uirules.Templates {
		items = append(items, command.Do(command.Command{ID: kind.Word, Name: kind.Word, Run: func() {
			c.w.setups.ruled.open()
			c.w.setups.ruled.inRoom().Begin(kind.Text)
		}}))
	}
	return items
}

// makeOf makes a rule of a row, and opens the room on it. Where one does the same already, that
// is shown.
func (r *ruled) makeOf(id flow.ID, kind *ruleOfRow) {
	from := r.tiers
	r.work(func() func() {
		x, ok := from.Get(id)
		if !ok {
			return r.sayGone
		}
		if shown, _ := r.secrets.exchange(x, true); !sameAnswer(&x, &shown) {
			return func() { r.inform(i18n.T("rule.make"), i18n.T("rule.make.hidden")) }
		}
		if at := r.same(rules.Condition(&x.Row), kind); at >= 0 {
			return func() { r.showRule(at) }
		}
		block, err := r.blockOf(&x, kind)
		return func() {
			switch {
			case err != nil:
				r.inform(kind.words(), notAnsweredText(err))
			case kind.lines != "" && !kind.whole:
				r.open()
				r.inRoom().Begin(string(block))
			default:
				r.add(block)
			}
		}
	})
}

// same is which of the rules that are on does the same already, -1 for none.
func (r *ruled) same(when string, kind *ruleOfRow) int {
	set := r.controller.Rules().Set()
	if set == nil {
		return -1
	}
	return slices.IndexFunc(set.Rules, func(c *rules.Compiled) bool { return !c.Off && c.When == when && kind.does(c) })
}

// blockOf is the lines of a rule for an exchange. The one that answers has its file written.
func (r *ruled) blockOf(x *flow.Exchange, kind *ruleOfRow) (block []byte, err error) {
	if kind.lines == "" {
		block, _, err = r.controller.Rules().Answer(x, details.FileName(details.MessageOf(x, true), true), words.Reason)
		return block, err
	}
	block, err = rules.Block(rules.Rule{Name: app.RuleName(x), When: rules.Condition(&x.Row)})
	if kind.remark != "" {
		block = append(block, "# "+i18n.T(kind.remark)+"\n"...)
	}
	return append(block, kind.lines...), err
}

// add puts a rule before all others, so that none keeps it from its work, and shows it.
func (r *ruled) add(block []byte) {
	if err := r.inRoom().Edit(func(text []byte) ([]byte, error) { return rules.Insert(text, 0, block) }); err != nil {
		r.inform(i18n.T("rule.make"), uirules.ProblemText(err))
		return
	}
	r.showRule(0)
}

// showRule goes to a rule in the room.
func (r *ruled) showRule(at int) {
	r.open()
	r.inRoom().Follow()
	r.inRoom().Choose(at)
}

func (r *ruled) sayGone() { r.inform("Posthouse", i18n.T("copied.gone")) }

// sameAnswer reports whether what a rule would be made of is shown as it came: while secrets are
// hidden none is written where it is seen.
func sameAnswer(x, shown *flow.Exchange) bool {
	return x.Host == shown.Host && x.Path == shown.Path && bytes.Equal(x.ResponseBody.Bytes, shown.ResponseBody.Bytes) &&
		slices.Equal(answerFields(x), answerFields(shown))
}

func answerFields(x *flow.Exchange) []string {
	_, head := content.Fields(x.ResponseHead)
	fields := make([]rules.Field, len(head))
	for i, f := range head {
		fields[i] = rules.Field{Name: f.Name, Value: f.Value}
	}
	kept, _ := rules.AnswerFields(fields)
	return kept
}

// notAnsweredText says why no rule can answer with what came.
func notAnsweredText(err error) string {
	for _, one := range [...]struct {
		err error
		key string
	}{{app.ErrAnswerUnfinished, "rule.answer.unfinished"}, {app.ErrAnswerCut, "rule.answer.cut"}, {app.ErrAnswerPart, "rule.answer.part"},
		{app.ErrAnswerCoding, "rule.answer.coding"}} {
		if errors.Is(err, one.err) {
			return i18n.T(one.key)
		}
	}
	return visible.Text(words.ReasonText(err))
}
