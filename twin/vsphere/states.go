// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// begin puts a fault of the estate, not of single calls, into force.
func (c *center) begin(rule *faultRule) {
	if rule.Kind == "session-expired" && rule.Count == 0 {
		c.endSessions()
		c.faults.clear(rule.ID)
	}
	c.lose(rule, true)
}

// end takes it back.
func (c *center) end(rule *faultRule) { c.lose(rule, false) }

// lostHosts are those that do not answer, by name.
type lostHosts struct {
	mutex sync.Mutex
	names map[string]bool
}

func (c *center) isLost(known *knownHost) bool {
	c.lost.mutex.Lock()
	defer c.lost.mutex.Unlock()
	return c.lost.names[known.Name]
}

// endSessions ends every session, as an idle time-out or a restart of the service does.
func (c *center) endSessions() {
	registry := c.model.Map()
	ctx := c.context()
	manager := registry.SessionManager()
	seen, ok := ctx.Session.Get(manager.Self).(*simulator.SessionManager)
	if !ok {
		return
	}
	for _, open := range seen.SessionList {
		manager.TerminateSession(ctx, &types.TerminateSession{SessionId: []string{open.Key}})
	}
}

// context is one of the program's own calls.
func (c *center) context() *simulator.Context {
	registry := c.model.Map()
	session := &simulator.Session{Registry: simulator.NewRegistry(), Map: registry}
	return &simulator.Context{Context: context.Background(), Map: registry, Session: session}
}
