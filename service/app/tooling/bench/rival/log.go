package main

import (
	"io"
	"sync"
	"time"
)

// How long the first line waits for others to be written with it.
const gather = 10 * time.Millisecond

// How many bytes of lines may wait; more are lost.
const queue = 4 << 20

// A log that is written off the request path: lines gather in a buffer that a goroutine writes out.
type log struct {
	out     io.Writer
	mutex   sync.Mutex
	lines   []byte
	work    chan struct{}
	stopped chan struct{}
}

func newLog(out io.Writer) *log {
	log := &log{out: out, work: make(chan struct{}, 1), stopped: make(chan struct{})}
	go log.run()
	return log
}

func (log *log) write(line []byte) {
	log.mutex.Lock()
	first := len(log.lines) == 0
	if len(log.lines)+len(line) <= queue {
		log.lines = append(log.lines, line...)
	} else {
		linesLost.Add(1)
	}
	log.mutex.Unlock()
	if first {
		select {
		case log.work <- struct{}{}:
		default:
		}
	}
}

func (log *log) run() {
	var spare []byte
	for range log.work {
		time.Sleep(gather)
		log.mutex.Lock()
		lines := log.lines
		log.lines = spare[:0]
		log.mutex.Unlock()
		log.out.Write(lines)
		spare = lines
	}
	log.out.Write(log.lines)
	close(log.stopped)
}

// Writes what waits. Nothing may be written afterwards.
func (log *log) close() {
	close(log.work)
	<-log.stopped
}
