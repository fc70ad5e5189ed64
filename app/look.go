package app

import "time"

// files are the settings file and that of rules while they are looked at. A disk may take its time, or never answer:
// it sleeps, or is a folder of a network that is not there. So a look is a goroutine's beside the controller's, and
// keeps nothing but the next look. A system call that waits for a disk cannot be called off: Close waits for it no longer
// than lookEnd. Only the controller's goroutine uses them, and end once that has ended.
type files struct {
	poll   time.Duration // how often they are looked at
	looked chan struct{} // closed when the look under way has ended; nil while there is none
	slow   func()        // of tests, called before each look; nil: nothing is
}

// lookEnd is what the end waits for a look that has begun.
const lookEnd = time.Second

// look has the files be looked at, unless they are.
func (f *files) look(c *Controller) {
	if f.looked != nil {
		return
	}
	looked := make(chan struct{})
	f.looked = looked
	file, rules, slow := c.file.Looking(), c.rules.looking(), f.slow
	go func() {
		defer close(looked)
		if slow != nil {
			slow()
		}
		ofFile, ofRules := file(), rules()
		c.report(func(c *Controller) {
			c.files.looked = nil
			c.file.Take(ofFile, c.apply)
			c.rules.take(ofRules)
		})
	}()
}

// end waits for the look under way.
func (f *files) end(c *Controller) {
	if f.looked == nil {
		return
	}
	late := time.NewTimer(lookEnd)
	defer late.Stop()
	select {
	case <-f.looked:
	case <-late.C:
		c.log.Warn("the disk of the settings or of the rules is not waited for any longer")
	}
}
