// Package list is the list of exchanges: its columns, its rows, what is selected and what it
// follows. It shows what a feed.Model has, and tells the window by its Deps what a person
// did. All of it belongs to the UI goroutine, and a refresh costs by the rows in sight.
package list
