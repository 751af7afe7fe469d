// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// control is the twin's own side of this program, on an address that no client of vSphere knows.
func (c *center) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"name": c.settings.Name})
	})
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, r *http.Request) {
		since, _ := strconv.Atoi(r.URL.Query().Get("since"))
		writeJSON(w, http.StatusOK, c.calls.since(since))
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, c.faults.list())
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		rule := new(faultRule)
		if err := json.NewDecoder(r.Body).Decode(rule); err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
			return
		}
		c.faults.add(rule)
		c.begin(rule)
		writeJSON(w, http.StatusOK, map[string]any{"id": rule.ID})
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		gone := c.faults.clear(r.URL.Query().Get("id"))
		for _, rule := range gone {
			c.end(rule)
		}
		writeJSON(w, http.StatusOK, map[string]any{"cleared": len(gone)})
	})
	return mux
}

func writeJSON(w http.ResponseWriter, status int, content any) {
	text, err := json.Marshal(content)
	if err != nil {
		status, text = http.StatusInternalServerError, fmt.Appendf(nil, `{"error": %q}`, err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
