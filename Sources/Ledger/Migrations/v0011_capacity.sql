-- What fulfilments use up of locations' days that no plan has booked.

CREATE TABLE fulfilment_booking (
    fulfilment_id uuid NOT NULL,
    line_number smallint NOT NULL,
    day date NOT NULL,
    units bigint NOT NULL CHECK (units >= 0),
    PRIMARY KEY (fulfilment_id, line_number)
);
COMMENT ON TABLE fulfilment_booking IS
    'Units of a line that were released without a plan that has booked their dispatch, and the day by the clocks of the '
    'fulfilment''s location on which they leave it. What the fulfilment gives up before it leaves is taken off; what has left stays.';
COMMENT ON TABLE sourcing_day IS
    'The sum of a location''s bookings on a day by its own clocks, those of plans and those of fulfilments; orders counts plans, and '
    'fulfilments with units of their own. Who books locks the row first and, for a plan, compares with the capacity, after the order '
    'and before cells, in the order of location and day.';
