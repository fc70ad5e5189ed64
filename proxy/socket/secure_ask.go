package socket

// askLimit is how much of a question is held as records, in bytes: with what TLS adds, of whatever version,
// it fits into a small buffer.
const askLimit = SmallBuffer - 512

// ask is Ask in TLS: the records of p are held in its place. It reports whether it has taken p, which it
// does where nothing has come that is still to be read.
func (l *layer) ask(p []byte, wrote func(error)) bool {
	if l.waits || len(p) > askLimit || !l.parched() {
		return false
	}
	b := getBuffer(false)
	l.gatherIn(b.b[:0])
	_, err := l.tls.Write(p)
	records := l.takeGathered()
	if err != nil {
		giveBuffer(b)
		wrote(err)
		return true
	}
	if l.told == nil {
		l.told = l.tell
	}
	l.asked, l.wrote = b, wrote
	l.under.Ask(records, l.told)
	return true
}

// tell says how the records of a question went.
func (l *layer) tell(err error) {
	b, wrote := l.asked, l.wrote
	l.asked, l.wrote = nil, nil
	giveBuffer(b)
	wrote(err)
}

// gatherIn has records joined in b.
func (l *layer) gatherIn(b []byte) {
	l.mu.Lock()
	l.gather, l.gathered = true, b
	l.mu.Unlock()
}

// takeGathered ends that, and takes the records that were not written.
func (l *layer) takeGathered() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := l.gathered
	l.gather, l.gathered = false, nil
	return records
}
