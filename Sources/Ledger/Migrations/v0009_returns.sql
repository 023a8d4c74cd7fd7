-- Returns.
COMMENT ON COLUMN orders.events IS 'Events in the order''s own history.';
