package dev.varve.model.space;

/** Whether the edges of an area belong to it. */
public enum Edges {
    /** As {@code ST_Intersects} with a point asks. */
    INCLUDED,
    /** As {@code ST_Within} and {@code ST_Contains} ask. */
    EXCLUDED
}
