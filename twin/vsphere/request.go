// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"
)

// request is what the front has read of a call before it is answered.
type request struct {
	service   string // the managed type, or "rest"
	object    string
	operation string // the method, or verb and path
	write     bool
}

// reading are the beginnings of the names of methods that change nothing.
var reading = []string{
	"Query", "Retrieve", "Fetch", "Find", "Get", "Check", "Read", "List", "Current", "Login", "Logout", "Has",
	"CreateContainerView", "CreateListView", "CreateFilter", "CreatePropertyCollector", "DestroyView",
	"DestroyPropertyFilter", "DestroyPropertyCollector", "WaitForUpdates", "CancelWaitForUpdates", "Continue",
	"SessionIsActive", "Search", "Browse", "Validate", "Lookup", "CancelRetrieve", "Recommend", "PlaceVm", "AcquireCloneTicket",
}

func writes(method string) bool {
	name := strings.ToUpper(method[:1]) + method[1:]
	for _, beginning := range reading {
		if strings.HasPrefix(name, beginning) {
			return false
		}
	}
	return true
}

// soapRequest reads the method and its object out of an envelope.
func soapRequest(body []byte) request {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	inBody, found := false, request{service: "soap", operation: "invalid"}
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case start.Name.Local == "Body":
			inBody = true
		case inBody && found.operation == "invalid":
			found.operation, found.write = start.Name.Local, writes(start.Name.Local)
		case inBody && start.Name.Local == "_this":
			for _, attribute := range start.Attr {
				if attribute.Name.Local == "type" {
					found.service = attribute.Value
				}
			}
			_ = decoder.DecodeElement(&found.object, &start)
			return found
		}
	}
}

func restRequest(r *http.Request) request {
	path := r.URL.Path
	if action := r.URL.Query().Get("~action") + r.URL.Query().Get("action"); action != "" {
		path += "?action=" + action
	}
	looks := r.Method == http.MethodGet || r.Method == http.MethodHead || strings.Contains(path, "?action=list") ||
		strings.Contains(path, "?action=get") || strings.HasSuffix(r.URL.Path, "/session")
	return request{service: "rest", operation: r.Method + " " + identifiers.ReplaceAllString(path, "/{id}"), write: !looks}
}

// identifiers stand in paths; calls are counted without them.
var identifiers = regexp.MustCompile(`/(?:id:)?(?:urn:[^/?]+|[0-9a-f-]{36}(?::[^/?]*)?)`)

// faultName is the name of the fault in an answer, empty for none.
func faultName(answer []byte) string {
	if found := faultElement.FindSubmatch(answer); found != nil {
		return string(found[1])
	}
	return ""
}

var faultElement = regexp.MustCompile(`<detail><\w+Fault [^>]*xsi:type="(\w+)"`)
