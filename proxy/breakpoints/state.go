package breakpoints

// State is where a message is on its way through the queue.
type State uint8

const (
	none      State = iota
	Held            // its body is being read; it is not shown yet
	Waiting         // for a person
	Gone            // it goes on as it was edited
	Unchanged       // it goes on as it came
	Answered        // a person answers in place of the origin
	Aborted         // the client's connection or stream is reset
	Late            // it waited as long as it may, and goes on as it came
	Left            // the client left, or the origin did
	Stopped         // Posthouse stops, and it goes on as it came
	states
)

var stateNames = [states]string{"", "held", "waiting", "gone", "unchanged", "answered", "aborted", "late", "left", "stopped"}

func (s State) String() string { return stateNames[min(s, states-1)] }

// event is what may happen to a message.
type event uint8

const (
	eventShow event = iota
	eventGo
	eventUnchanged
	eventAnswer
	eventAbort
	eventAllGo
	eventLate
	eventLeft
	eventStop
	events
)

var eventNames = [events]string{"show", "go", "unchanged", "answer", "abort", "all-go", "late", "left", "stop"}

// transitions are the states that events lead to; none is an event that changes nothing. What
// has no line is an end.
var transitions = [states][events]State{
	Held: {eventShow: Waiting, eventAllGo: Unchanged, eventLeft: Left, eventStop: Stopped},
	Waiting: {eventGo: Gone, eventUnchanged: Unchanged, eventAnswer: Answered, eventAbort: Aborted, eventAllGo: Unchanged,
		eventLate: Late, eventLeft: Left, eventStop: Stopped},
}
