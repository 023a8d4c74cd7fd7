-- Drafts that are being placed are few among all that ever were: whoever looks for them must not read the others.

CREATE INDEX order_draft_placing ON order_draft (id) WHERE state = 4;
