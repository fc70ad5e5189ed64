package appicon

import (
	"sync"
	"time"
)

const (
	maxAnswers = 512 // programs that are remembered, each with 26 KiB of pictures at most
	maxQueue   = 64  // programs that wait to be looked up

	// goneAfter is how long it is believed that a program has no icon: its entry may
	// be installed meanwhile.
	goneAfter = 5 * time.Minute

	// closeLimit is how long Close waits for a look-up, which the system may not
	// end: a file on a share that is away.
	closeLimit = 2 * time.Second
)

// Finder finds the icon of a program, nil where there is none. It may take its time.
type Finder func(Program) *Icon

// Service answers what it knows, and finds out the rest.
type Service struct {
	find    Finder
	changed func()
	now     func() time.Time

	mu      sync.Mutex // for what follows
	answers map[Program]*answer
	asked   uint64             // counts questions: the age of answers
	waiting map[Program]uint64 // in the queue or being looked up, and when that was asked

	queue chan Program
	end   sync.Once
	quit  chan struct{}
	done  chan struct{}
}

// answer is what is known of a program.
type answer struct {
	icon *Icon // nil: it has none
	used uint64
	at   time.Time
}

// New starts a Service. It calls changed, on its own goroutine, when it knows more
// than before; what is asked before that is over is told together.
func New(find Finder, changed func()) *Service {
	s := &Service{find: find, changed: changed, now: time.Now, answers: map[Program]*answer{}, waiting: map[Program]uint64{},
		queue: make(chan Program, maxQueue), quit: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// Icon is the icon of a program, nil where it has none; known is false while that
// is found out. Who gets no answer asks again when changed was called.
func (s *Service) Icon(p Program) (icon *Icon, known bool) {
	if p.Path == "" {
		return nil, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	a := s.answers[p]
	if a == nil {
		s.ask(p)
		return nil, false
	}
	a.used = s.asked
	if a.icon == nil && s.now().Sub(a.at) > goneAfter {
		s.ask(p)
	}
	return a.icon, true
}

// ask puts a program into the queue, if there is room.
func (s *Service) ask(p Program) {
	if _, asked := s.waiting[p]; asked || s.closed() {
		return
	}
	select {
	case s.queue <- p:
		s.waiting[p] = s.asked
	default:
	}
}

// Close ends the Service; what is not known then stays unknown.
func (s *Service) Close() {
	s.end.Do(func() { close(s.quit) })
	select {
	case <-s.done:
	case <-time.After(closeLimit):
	}
}

func (s *Service) closed() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

func (s *Service) run() {
	defer close(s.done)
	for news := false; ; {
		select {
		case <-s.quit:
		case p := <-s.queue:
			news = s.store(p, s.guarded(p)) || news
		}
		if s.closed() {
			return
		}
		if news && len(s.queue) == 0 {
			s.changed()
			news = false
		}
	}
}

// guarded is find, for which files that others wrote are read: one that a reader
// does not survive has no icon.
func (s *Service) guarded(p Program) (icon *Icon) {
	defer func() {
		if recover() != nil {
			icon = nil
		}
	}()
	return s.find(p)
}

// store remembers an answer, and reports whether it is another than before. Equal
// icons of different programs are one.
func (s *Service) store(p Program, icon *Icon) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if icon != nil {
		for _, a := range s.answers {
			if a.icon != nil && a.icon.sum == icon.sum {
				icon = a.icon
				break
			}
		}
	}
	was := s.answers[p]
	s.answers[p] = &answer{icon: icon, used: s.waiting[p], at: s.now()}
	delete(s.waiting, p)
	if len(s.answers) > maxAnswers {
		s.forget(p)
	}
	return was == nil || was.icon != icon
}

// forget drops the answer that was not asked for the longest, other than the new one.
func (s *Service) forget(fresh Program) {
	var oldest Program
	used := ^uint64(0)
	for p, a := range s.answers {
		if a.used < used && p != fresh {
			oldest, used = p, a.used
		}
	}
	delete(s.answers, oldest)
}
