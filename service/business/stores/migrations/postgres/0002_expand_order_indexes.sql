-- Expand: lists of orders by time, of one customer, and of what was taken back need not read them
-- all. Programs of version 1 neither know nor mind. Partial where it can be: an order that stands, or
-- of nobody in particular, costs nothing there.
CREATE INDEX orders_by_time ON orders (placed_at);
CREATE INDEX orders_reversed ON orders (id) WHERE reversed_at IS NOT NULL;
CREATE INDEX orders_of_customer ON orders (customer, id) WHERE customer IS NOT NULL;
