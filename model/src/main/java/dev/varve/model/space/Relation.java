package dev.varve.model.space;

/** What is known about all places of a cap and a region. */
enum Relation {
    /** No place of the cap is in the region. */
    OUTSIDE,
    /** Anything may hold. */
    CROSSES,
    /** Every place of the cap is in the region. */
    INSIDE;

    /** Adding it to the sum of two radii outweighs the rounding of haversine, worst near the antipode. */
    private static final double PAD_RADIANS = 3e-8;

    /** A certain answer or {@link #CROSSES}. */
    static Relation of(Region region, Cap cap) {
        return switch (region) {
            case Everywhere _ -> INSIDE;
            case Box box -> box.relate(cap);
            case Circle circle -> of(circle, cap);
            case Polygonal area -> area.relate(cap);
            case Traces traces -> traces.mayTouch(cap.west, cap.south, cap.east, cap.north) ? CROSSES : OUTSIDE;
            case Near near -> near.relate(cap);
            case AllOf all -> {
                Relation least = INSIDE;
                for (Region part : all.parts()) {
                    Relation relation = of(part, cap);
                    least = relation.compareTo(least) < 0 ? relation : least;
                }
                yield least;
            }
            case AnyOf any -> {
                Relation most = OUTSIDE;
                for (Region part : any.parts()) {
                    Relation relation = of(part, cap);
                    most = relation.compareTo(most) > 0 ? relation : most;
                }
                yield most;
            }
        };
    }

    private static Relation of(Circle circle, Cap cap) {
        double angle = cap.angleTo(circle.lat(), circle.lon());
        return ofDistances(angle, circle.radiusMetres() / GreatCircle.EARTH_RADIUS_METRES, cap.radius);
    }

    /** The relation of a cap to all that lies within {@code reach} of something {@code angle} away from its centre. */
    static Relation ofDistances(double angle, double reach, double capRadius) {
        if (angle > reach + capRadius + PAD_RADIANS) {
            return OUTSIDE;
        }
        return angle + capRadius + PAD_RADIANS <= reach ? INSIDE : CROSSES;
    }
}
