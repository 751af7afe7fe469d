// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"math/rand"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// faultRule lets calls fail or wait; globs as path.Match has them.
type faultRule struct {
	ID        string  `json:"id"`
	Kind      string  `json:"kind"`
	Operation string  `json:"operation"`
	Name      string  `json:"name"` // of the object: its moid
	Code      string  `json:"code"`
	Rate      float64 `json:"rate"`
	Count     int     `json:"count"`
	Seconds   float64 `json:"seconds"`
	Seed      int64   `json:"seed"`
	Hits      int     `json:"hits"`
	random    *rand.Rand
}

// faultRules are those in force.
type faultRules struct {
	mutex sync.Mutex
	rules []*faultRule
}

func (f *faultRules) add(rule *faultRule) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	rule.random = rand.New(rand.NewSource(rule.Seed))
	for i, old := range f.rules {
		if old.ID == rule.ID {
			f.rules[i] = rule
			return
		}
	}
	f.rules = append(f.rules, rule)
}

func (f *faultRules) clear(id string) []*faultRule {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var kept, gone []*faultRule
	for _, rule := range f.rules {
		if id == "" || rule.ID == id {
			gone = append(gone, rule)
		} else {
			kept = append(kept, rule)
		}
	}
	f.rules = kept
	return gone
}

func (f *faultRules) list() []faultRule {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	shown := []faultRule{}
	for _, rule := range f.rules {
		shown = append(shown, *rule)
	}
	return shown
}

// inForce says whether a rule of that kind stands, whatever its globs.
func (f *faultRules) inForce(kind string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, rule := range f.rules {
		if rule.Kind == kind {
			return true
		}
	}
	return false
}

// names says whether a rule of that kind speaks of this name.
func (f *faultRules) names(kind, name string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, rule := range f.rules {
		if rule.Kind == kind && glob(rule.Name, name) {
			return true
		}
	}
	return false
}

// match finds the first rule on calls that hits this one; the hit counts.
func (f *faultRules) match(made request) *faultRule {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, rule := range f.rules {
		if rule.onCalls() && rule.hits(made) {
			rule.Hits++
			copied := *rule
			return &copied
		}
	}
	return nil
}

func (r *faultRule) onCalls() bool {
	return strings.Contains(" throttle latency error deny session-expired ", " "+r.Kind+" ")
}

func (r *faultRule) hits(made request) bool {
	if r.Count > 0 && r.Hits >= r.Count {
		return false
	}
	if !glob(r.Operation, made.operation) || !glob(r.Name, made.object) || unsteered(made) {
		return false
	}
	return r.Rate <= 0 || r.Rate >= 1 || r.random.Float64() < r.Rate
}

// unsteered are the calls of logging in and out: a client could not even begin without them.
func unsteered(made request) bool {
	return made.operation == "RetrieveServiceContent" || made.operation == "Login" || made.operation == "Logout" ||
		strings.HasSuffix(made.operation, "/session")
}

func glob(pattern, text string) bool {
	if pattern == "" || pattern == "*" {
		return true
	}
	matched, err := path.Match(pattern, text)
	return err == nil && matched
}

// inject answers instead of the simulator when a rule says so.
func (c *center) inject(w http.ResponseWriter, r *http.Request, made request, soap bool) bool {
	rule := c.faults.match(made)
	if rule == nil {
		return false
	}
	if rule.Kind == "latency" {
		time.Sleep(time.Duration(rule.Seconds * float64(time.Second)))
		return false
	}
	if !soap {
		writeRestFault(w, rule)
		return true
	}
	object := fmt.Sprintf(`<object type="%s">%s</object>`, made.service, made.object)
	switch rule.Kind {
	case "throttle":
		http.Error(w, "503 Service Unavailable (too many requests)", http.StatusServiceUnavailable)
	case "deny":
		writeFault(w, "NoPermission", "Permission to perform this operation was denied.",
			object+"<privilegeId>System.Modify</privilegeId>")
	case "session-expired":
		c.endSessions()
		writeFault(w, "NotAuthenticated", "The session is not authenticated.",
			object+"<privilegeId>System.View</privilegeId>")
	default:
		writeFault(w, orElse(rule.Code, "SystemError"), "A general system error occurred: injected by the twin", "")
	}
	return true
}

func writeRestFault(w http.ResponseWriter, rule *faultRule) {
	status := map[string]int{"throttle": 503, "deny": 403, "session-expired": 401}[rule.Kind]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	kind := map[int]string{503: "SERVICE_UNAVAILABLE", 403: "UNAUTHORIZED", 401: "UNAUTHENTICATED", 500: "ERROR"}[status]
	_, _ = fmt.Fprintf(w, `{"error_type": %q, "messages": []}`, orElse(rule.Code, kind))
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
