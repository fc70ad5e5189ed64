package list

// Choice is a column that a person may show or hide.
type Choice struct {
	Name  string // stable
	Title string // key of its title
	Fixed bool   // it stays
}

// Choices are the columns from left to right, hidden ones too.
func (l *List) Choices() []Choice {
	choices := make([]Choice, 0, len(columns))
	for _, i := range l.layout.order {
		choices = append(choices, Choice{columns[i].name, columns[i].title, columns[i].grows})
	}
	return choices
}

// Shows reports whether a column is shown.
func (l *List) Shows(name string) bool {
	for i := range columns {
		if columns[i].name == name {
			return !l.layout.Hidden[i]
		}
	}
	return false
}

// ToggleColumn shows a column, or hides it.
func (l *List) ToggleColumn(name string) {
	for i := range columns {
		if columns[i].name == name && !columns[i].grows {
			l.layout.SetHidden(i, !l.layout.Hidden[i])
			l.Header.changed()
		}
	}
}

// Reordered reports whether the columns stand otherwise than at first.
func (l *List) Reordered() bool { return l.layout.reordered() }

// ResetOrder has the columns stand as at first.
func (l *List) ResetOrder() {
	l.layout.resetOrder()
	l.Header.changed()
}

// changedColumns draws the rows in other columns, or in other widths.
func (l *List) changedColumns() {
	l.Refresh()
	if l.deps.Columns != nil {
		l.deps.Columns()
	}
}
