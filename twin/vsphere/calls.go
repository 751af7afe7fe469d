// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"sync"
)

// call is one answered request.
type call struct {
	Sequence    int    `json:"sequence"`
	Service     string `json:"service"`
	Operation   string `json:"operation"`
	Principal   string `json:"principal"`
	Error       string `json:"error"`
	Unsupported bool   `json:"unsupported"`
	Write       bool   `json:"write"`
}

// callLog keeps what was answered until the twin has taken it.
type callLog struct {
	mutex sync.Mutex
	calls []call
	next  int
}

func (l *callLog) add(made call) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.next++
	made.Sequence = l.next
	l.calls = append(l.calls, made)
}

// since answers the calls after that number and forgets those before it.
func (l *callLog) since(number int) []call {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for len(l.calls) > 0 && l.calls[0].Sequence <= number {
		l.calls = l.calls[1:]
	}
	return append([]call{}, l.calls...)
}

// forget drops what the program itself has asked.
func (l *callLog) forget() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.calls, l.next = nil, 0
}
