// Copyright: KubeOps Hybrid contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime/debug"
	"strings"
)

// front stands before the simulator: it counts calls, lets them fail on demand, and survives its panics.
func (c *center) front(behind http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = inward(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		made := restRequest(r)
		soap := strings.HasPrefix(r.URL.Path, "/sdk") || r.URL.Path == "/pbm"
		if soap && r.Method == http.MethodPost {
			made = soapRequest(body)
		}
		answer := &recorder{ResponseWriter: w, status: http.StatusOK, all: soap || strings.Contains(r.URL.Path, "/cis/tagging")}
		if !c.inject(answer, r, made, soap) {
			c.answer(behind, answer, r, made)
		}
		c.count(r, made, answer, soap)
		answer.send()
	})
}

func (c *center) answer(behind http.Handler, w *recorder, r *http.Request, made request) {
	defer func() {
		if reason := recover(); reason != nil {
			log.Printf("panic in %s of %s: %v\n%s", made.operation, made.object, reason, debug.Stack())
			writeFault(w, "SystemError", "A general system error occurred: "+fmt.Sprint(reason), "")
		}
	}()
	if !serveAPI(behind, w, r) {
		behind.ServeHTTP(w, r)
	}
}

func (c *center) count(r *http.Request, made request, answer *recorder, soap bool) {
	entry := call{Service: made.service, Operation: made.operation, Write: made.write, Principal: r.UserAgent()}
	if answer.status >= http.StatusBadRequest {
		entry.Error = fmt.Sprint(answer.status)
		if name := faultName(answer.body.Bytes()); soap && name != "" {
			entry.Error = name
		}
	}
	unknown := !soap && answer.status == http.StatusNotFound && strings.Contains(answer.body.String(), "404 page not found")
	entry.Unsupported = entry.Error == "MethodNotFound" || unknown
	c.calls.add(entry)
}

// recorder keeps the answer of a failed call, and that of `all` calls until it is sent.
type recorder struct {
	http.ResponseWriter
	status int
	all    bool
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	if !r.all {
		r.ResponseWriter.WriteHeader(status)
	}
}

func (r *recorder) Write(data []byte) (int, error) {
	if r.all || r.status >= http.StatusBadRequest {
		r.body.Write(data)
	}
	if r.all {
		return len(data), nil
	}
	return r.ResponseWriter.Write(data)
}

func (r *recorder) send() {
	if !r.all {
		return
	}
	answer := outward(r.body.Bytes())
	r.Header().Del("Content-Length")
	r.ResponseWriter.WriteHeader(r.status)
	_, _ = r.ResponseWriter.Write(answer)
}

const faultEnvelope = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>%s</faultstring><detail><%sFault xmlns="urn:vim25" xsi:type="%s">%s</%sFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`

func writeFault(w http.ResponseWriter, name, message, inside string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(message)
	_, _ = fmt.Fprintf(w, faultEnvelope, text, name, name, inside, name)
}
