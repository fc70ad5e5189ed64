package list

// Choice is a column that a person may show or hide.
type Choice struct {
	Name  string // stable
	Title string // key of its title
	Fixed bool   // it stays
}

// Choices are the columns in their order.
func (l *List) Choices() []Choice {
	choices := make([]Choice, len(Columns))
	for i := range Columns {
		choices[i] = Choice{Columns[i].Name, Columns[i].title, Columns[i].grows}
	}
	return choices
}

// Shows reports whether a column is shown.
func (l *List) Shows(name string) bool {
	for i := range Columns {
		if Columns[i].Name == name {
			return !l.Layout.Hidden[i]
		}
	}
	return false
}

// ToggleColumn shows a column, or hides it.
func (l *List) ToggleColumn(name string) {
	for i := range Columns {
		if Columns[i].Name == name && !Columns[i].grows {
			l.Layout.SetHidden(i, !l.Layout.Hidden[i])
			l.Header.changed()
		}
	}
}
