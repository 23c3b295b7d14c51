package main

import (
	"fmt"
	"sync"
	"time"
)

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type product struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Price    money  `json:"price"`
	Stock    int64  `json:"stock"`
	Supplied int64  `json:"supplied"`
	Version  int64  `json:"version"`
}

type item struct {
	ProductID int64 `json:"product_id"`
	Quantity  int64 `json:"quantity"`
	UnitPrice money `json:"unit_price"`
}

type order struct {
	ID         int64   `json:"id"`
	Status     string  `json:"status"`
	PlacedAt   string  `json:"placed_at"`
	ReversedAt *string `json:"reversed_at"`
	Customer   *int64  `json:"customer"`
	Items      []item  `json:"items"`
	Total      money   `json:"total"`
	Version    int64   `json:"version"`
}

type line struct{ product, quantity int64 }

// Why an order was not placed.
type refusal struct{ code, text string }

// One lock guards all of it, as in the other one.
type store struct {
	mutex    sync.Mutex
	products []product
	orders   []order
	keys     map[string]int64
	placed   int64
	pieces   int64
	revenue  int64
}

func newStore() *store {
	store := &store{keys: make(map[string]int64)}
	for at, seed := range []struct {
		name  string
		cents int64
	}{
		{"Teapot, blue enamel", 2490}, {"Tea, Darjeeling first flush, 100 g", 1250}, {"Tea, Assam, 250 g", 980},
		{"Coffee beans, 500 g", 1340}, {"Coffee grinder, hand-cranked", 4900}, {"Mug, stoneware", 850},
		{"Milk jug, glass", 1120}, {"Sugar bowl, porcelain", 1475}, {"Biscuits, shortbread, 200 g", 420},
		{"Honey, lime blossom, 500 g", 790}, {"Tea towel, linen", 660}, {"Tray, oak", 3200},
	} {
		store.products = append(store.products, product{
			ID: int64(at + 1), Name: seed.name, Price: money{seed.cents, "EUR"}, Stock: 1000000, Supplied: 1000000, Version: 1,
		})
	}
	return store
}

func (store *store) list(after int64, limit int) ([]product, *int64) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	if after > int64(len(store.products)) {
		after = int64(len(store.products))
	}
	rest := store.products[after:]
	if len(rest) <= limit {
		return append([]product{}, rest...), nil
	}
	next := rest[limit-1].ID
	return append([]product{}, rest[:limit]...), &next
}

func (store *store) product(id int64) (product, bool) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	if id < 1 || id > int64(len(store.products)) {
		return product{}, false
	}
	return store.products[id-1], true
}

func (store *store) order(id int64) (order, bool) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	if id < 1 || id > int64(len(store.orders)) {
		return order{}, false
	}
	return store.orders[id-1], true
}

func (store *store) place(lines []line, key string, at time.Time) (order, refusal) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	if key != "" {
		if known, ok := store.keys[key]; ok {
			return store.orders[known-1], refusal{}
		}
	}
	placed := order{
		ID: int64(len(store.orders) + 1), Status: "placed", PlacedAt: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		Items: make([]item, 0, len(lines)), Total: money{0, "EUR"}, Version: 1,
	}
	for _, line := range lines {
		if line.product > int64(len(store.products)) {
			return order{}, refusal{"unknown_product", fmt.Sprintf("there is no such product: %d", line.product)}
		}
		product := &store.products[line.product-1]
		if product.Stock < line.quantity {
			text := fmt.Sprintf("not enough in stock: product %d: %d wanted, %d left", line.product, line.quantity, product.Stock)
			return order{}, refusal{"out_of_stock", text}
		}
		placed.Items = append(placed.Items, item{line.product, line.quantity, product.Price})
		placed.Total.Amount += product.Price.Amount * line.quantity
	}
	for _, line := range lines {
		store.products[line.product-1].Stock -= line.quantity
		store.pieces += line.quantity
	}
	store.orders = append(store.orders, placed)
	store.placed++
	store.revenue += placed.Total.Amount
	if key != "" {
		store.keys[key] = placed.ID
	}
	return placed, refusal{}
}
