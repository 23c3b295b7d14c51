-- Expand: a list of the orders that hold a product need not read all orders. Programs of the version
-- before neither know nor mind.
CREATE INDEX order_lines_of_product ON order_lines (product_id, order_id);
