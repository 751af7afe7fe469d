// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// The simulator has sessions and tags under /rest only, a real vCenter of version 8 under /api too: the same calls with
// bare bodies and answers, identifiers without a prefix, and other names for errors.

// serveAPI answers a call under /api that the simulator knows under /rest; false when it is none of these.
func serveAPI(behind http.Handler, w http.ResponseWriter, r *http.Request) bool {
	path, ok := restPath(r)
	if !ok {
		return false
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = path
	query := inner.URL.Query()
	if action := query.Get("action"); action != "" {
		query.Del("action")
		query.Set("~action", action)
	}
	inner.URL.RawQuery = query.Encode()
	text, _ := io.ReadAll(r.Body)
	if inner.URL.Query().Get("~action") == "list-tags-for-category" {
		// What /api has in the body stands in the path of /rest.
		var asked struct {
			Category string `json:"category_id"`
		}
		_ = json.Unmarshal(text, &asked)
		inner.URL.Path += "/id:" + asked.Category
	}
	if inner.URL.Query().Get("~action") == "detach-tag-from-multiple-objects" {
		detachOneByOne(behind, inner, text)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"success": true, "error_messages": []}`))
		return true
	}
	text = wrapBody(r, text)
	inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	answer := httptest.NewRecorder()
	behind.ServeHTTP(answer, inner)
	translate(w, r, answer)
	return true
}

// detachOneByOne takes a tag from objects: the simulator has only the call for one of them.
func detachOneByOne(behind http.Handler, made *http.Request, text []byte) {
	var asked struct {
		Objects []json.RawMessage `json:"object_ids"`
	}
	_ = json.Unmarshal(text, &asked)
	query := made.URL.Query()
	query.Set("~action", "detach")
	for _, object := range asked.Objects {
		one := made.Clone(made.Context())
		one.URL.RawQuery = query.Encode()
		body, _ := json.Marshal(map[string]json.RawMessage{"object_id": object})
		one.Body, one.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		behind.ServeHTTP(httptest.NewRecorder(), one)
	}
}

func restPath(r *http.Request) (string, bool) {
	path := r.URL.Path
	if path == "/api/session" {
		return "/rest/com/vmware/cis/session", true
	}
	rest, ok := strings.CutPrefix(path, "/api/cis/tagging/")
	if !ok {
		return "", false
	}
	kind, id, has := strings.Cut(rest, "/")
	if !has {
		return "/rest/com/vmware/cis/tagging/" + kind, true
	}
	return "/rest/com/vmware/cis/tagging/" + kind + "/id:" + id, true
}

// wrapBody puts a creation or an update into the envelope that /rest wants.
func wrapBody(r *http.Request, text []byte) []byte {
	if !strings.HasPrefix(r.URL.Path, "/api/cis/tagging/") || len(text) == 0 || r.URL.Query().Get("action") != "" {
		return text
	}
	key := map[string]string{http.MethodPost: "create_spec", http.MethodPatch: "update_spec"}[r.Method]
	if key == "" {
		return text
	}
	wrapped, err := json.Marshal(map[string]json.RawMessage{key: text})
	if err != nil {
		return text
	}
	return wrapped
}

func translate(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder) {
	text := answer.Body.Bytes()
	var inside struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	_ = json.Unmarshal(text, &inside)
	w.Header().Set("Content-Type", "application/json")
	if id := answer.Header().Get("vmware-api-session-id"); id != "" {
		w.Header().Set("vmware-api-session-id", id)
	}
	if answer.Code >= http.StatusBadRequest {
		kind := strings.ToUpper(inside.Type[strings.LastIndex(inside.Type, ".")+1:])
		if kind == "" {
			kind = map[int]string{401: "UNAUTHENTICATED", 403: "UNAUTHORIZED", 404: "NOT_FOUND"}[answer.Code]
		}
		failure, _ := json.Marshal(map[string]any{"error_type": orElse(kind, "ERROR"), "messages": []any{}})
		w.WriteHeader(answer.Code)
		_, _ = w.Write(failure)
		return
	}
	creates := r.Method == http.MethodPost && r.URL.Query().Get("action") == ""
	switch {
	case len(inside.Value) == 0 || string(inside.Value) == "null":
		w.WriteHeader(http.StatusNoContent)
		return
	case creates:
		w.WriteHeader(http.StatusCreated)
	default:
		w.WriteHeader(http.StatusOK)
	}
	_, _ = w.Write(inside.Value)
}
