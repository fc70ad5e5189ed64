package rules

import (
	"posthouse/app/desktop/atomicfile"
	"posthouse/ui/filedialog"
	"posthouse/ui/i18n"
	"posthouse/ui/visible"
	"posthouse/ui/words"
)

// saveRulesAs writes the rules to another file as they stand in theirs.
func saveRulesAs(r *Room) {
	kinds := []filedialog.Kind{{Name: i18n.T("rules.kind"), Extensions: []string{"toml"}}}
	r.Files.Save(filedialog.Options{Title: i18n.T("rules.export"), Name: "rules.toml", Kinds: kinds}, func(path string) {
		held := r.Controller.Rules()
		r.Work(func() func() {
			text, err := held.Text()
			if err == nil {
				err = atomicfile.Write(path, text)
			}
			return func() {
				if err != nil {
					r.Inform(i18n.T("rules.export"), visible.Text(words.ReasonText(err)))
				}
			}
		})
	})
}
