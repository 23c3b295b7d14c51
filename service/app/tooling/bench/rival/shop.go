package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The handlers.
type shop struct{ store *store }

func (shop *shop) route(limited context.Context, under *underway, request *http.Request, body []byte) answer {
	if !acceptsJSON(request) {
		return problem(under, http.StatusNotAcceptable, "not_acceptable", "answers are application/json, which Accept excludes")
	}
	path := request.URL.Path
	switch {
	case path == "/v1/orders" && request.Method == http.MethodPost:
		under.route = "/v1/orders"
		return shop.place(under, request, body)
	case path == "/v1/products" && request.Method == http.MethodGet:
		under.route = "/v1/products"
		return shop.list(under, request)
	case strings.HasPrefix(path, "/v1/products/") && request.Method == http.MethodGet:
		under.route = "/v1/products/{id}"
		return shop.product(under, request, path[len("/v1/products/"):])
	case strings.HasPrefix(path, "/v1/orders/") && request.Method == http.MethodGet:
		under.route = "/v1/orders/{id}"
		return shop.order(under, request, path[len("/v1/orders/"):])
	}
	return problem(under, http.StatusNotFound, "not_found", "there is nothing at "+path)
}

type newOrder struct {
	Items []struct {
		ProductID *int64 `json:"product_id"`
		Quantity  *int64 `json:"quantity"`
	} `json:"items"`
}

const (
	largest   = 1<<53 - 1
	maxPieces = 1000
	maxLines  = 50
)

func (shop *shop) place(under *underway, request *http.Request, body []byte) answer {
	kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return problem(under, http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be declared as application/json")
	}
	var given newOrder
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil || decoder.More() {
		if !json.Valid(body) {
			return problem(under, http.StatusBadRequest, "malformed_json", "the body is no JSON")
		}
		return problem(under, http.StatusUnprocessableEntity, "invalid_body", "the body must be an order: "+err.Error())
	}
	lines, faults, complete := check(&given)
	if !complete {
		return problem(under, http.StatusUnprocessableEntity, "invalid_body", "the request has another shape than it should", faults...)
	}
	if len(faults) > 0 {
		return problem(under, http.StatusUnprocessableEntity, "invalid_request", "the request has invalid values", faults...)
	}
	placed, refusal := shop.store.place(lines, request.Header.Get("Idempotency-Key"), time.Now())
	switch {
	case refusal.code == "unknown_product":
		return problem(under, http.StatusUnprocessableEntity, refusal.code, refusal.text)
	case refusal.code != "":
		return problem(under, http.StatusConflict, refusal.code, refusal.text)
	}
	return tagged(http.StatusCreated, marshal(placed), fmt.Sprintf("\"%d\"", placed.Version), "/v1/orders/"+strconv.FormatInt(placed.ID, 10))
}

// Every field that is wrong, not just the first, and whether all are there.
func check(given *newOrder) ([]line, []fault, bool) {
	var faults []fault
	complete := true
	if given.Items == nil {
		return nil, append(faults, fault{"items", "must be given"}), false
	}
	if len(given.Items) == 0 {
		return nil, append(faults, fault{"items", "must have at least one item"}), true
	}
	if len(given.Items) > maxLines {
		return nil, append(faults, fault{"items", "must have at most 50 items"}), true
	}
	number := func(index int, name string, value *int64, most int64) int64 {
		switch field := fmt.Sprintf; {
		case value == nil:
			complete = false
			faults = append(faults, fault{field("items[%d].%s", index, name), "must be given"})
		case *value < 1:
			faults = append(faults, fault{field("items[%d].%s", index, name), "must be at least 1"})
		case *value > most:
			faults = append(faults, fault{field("items[%d].%s", index, name), "must be at most " + strconv.FormatInt(most, 10)})
		default:
			return *value
		}
		return 0
	}
	lines := make([]line, 0, len(given.Items))
next:
	for index, item := range given.Items {
		product := number(index, "product_id", item.ProductID, largest)
		quantity := number(index, "quantity", item.Quantity, maxPieces)
		for at := range lines {
			if lines[at].product == product {
				lines[at].quantity += quantity
				continue next
			}
		}
		lines = append(lines, line{product, quantity})
	}
	return lines, faults, complete
}

func (shop *shop) list(under *underway, request *http.Request) answer {
	limit, after := int64(20), int64(0)
	for name, values := range request.URL.Query() {
		number, err := strconv.ParseInt(values[0], 10, 64)
		switch {
		case name == "limit" && err == nil && number >= 1 && number <= 100:
			limit = number
		case name == "after" && err == nil && number >= 0:
			after = number
		default:
			return problem(under, http.StatusBadRequest, "invalid_request", "the query is not as it must be", fault{name, "must be another"})
		}
	}
	items, next := shop.store.list(after, int(limit))
	body := marshal(struct {
		Items []product `json:"items"`
		Next  *int64    `json:"next"`
	}{items, next})
	digest := sha256.Sum256(body)
	return found(request, body, `"`+hex.EncodeToString(digest[:16])+`"`)
}

func (shop *shop) product(under *underway, request *http.Request, id string) answer {
	number, err := strconv.ParseInt(id, 10, 64)
	product, known := shop.store.product(number)
	if err != nil || !known {
		return problem(under, http.StatusNotFound, "not_found", "there is no product "+id)
	}
	return found(request, marshal(product), fmt.Sprintf("\"%d-%d\"", product.Version, product.Stock))
}

func (shop *shop) order(under *underway, request *http.Request, id string) answer {
	number, err := strconv.ParseInt(id, 10, 64)
	order, known := shop.store.order(number)
	if err != nil || !known {
		return problem(under, http.StatusNotFound, "not_found", "there is no order "+id)
	}
	return found(request, marshal(order), fmt.Sprintf("\"%d\"", order.Version))
}

func found(request *http.Request, body []byte, etag string) answer {
	for _, tag := range strings.Split(request.Header.Get("If-None-Match"), ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return answer{status: http.StatusNotModified, etag: etag}
		}
	}
	return tagged(http.StatusOK, body, etag, "")
}

func tagged(status int, body []byte, etag string, location string) answer {
	return answer{status: status, body: body, etag: etag, location: location}
}

func marshal(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return body
}

// Whether Accept leaves JSON in.
func acceptsJSON(request *http.Request) bool {
	accept := request.Header.Get("Accept")
	if accept == "" {
		return true
	}
	for _, part := range strings.Split(accept, ",") {
		kind, parameters, err := mime.ParseMediaType(part)
		if err == nil && (kind == "*/*" || kind == "application/*" || kind == "application/json") && parameters["q"] != "0" {
			return true
		}
	}
	return false
}

// All of a body whose length may be known.
func readAll(body io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(body)
	}
	all := make([]byte, length)
	_, err := io.ReadFull(body, all)
	return all, err
}
