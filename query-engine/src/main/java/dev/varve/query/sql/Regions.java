package dev.varve.query.sql;

import dev.varve.model.space.Box;
import dev.varve.model.space.Circle;
import dev.varve.model.space.Edges;
import dev.varve.model.space.GeometryText;
import dev.varve.model.space.LatLonBounds;
import dev.varve.model.space.Region;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexSubQuery;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.OperandTypes;
import org.apache.calcite.sql.type.ReturnTypes;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.Envelope;
import org.locationtech.jts.geom.Geometry;
import org.locationtech.jts.geom.GeometryFactory;

/**
 * Turns tests of a point against a constant shape into {@code in_region(lat, lon, id)}, and that, when texts are written,
 * into comparisons with the shape's bounds and an exact test.
 */
final class Regions extends RexShuttle {
    private static final DuckFunction IN_REGION =
            new DuckFunction("in_region", "varve_in_region", ReturnTypes.BOOLEAN_NULLABLE, OperandTypes.VARIADIC);
    private static final DuckFunction DISTANCE =
            new DuckFunction("distance", "varve_distance", ReturnTypes.DOUBLE_NULLABLE, OperandTypes.VARIADIC);
    private static final int MOST_BOUNDS = 4;
    private static final GeometryFactory GEOMETRIES = new GeometryFactory();

    private final RexBuilder rex;
    private final AtomicLong ids;
    private final Map<Long, Region> all = new LinkedHashMap<>();

    Regions(RexBuilder rex, AtomicLong ids) {
        this.rex = rex;
        this.ids = ids;
    }

    /** The regions that exact tests refer to. */
    Map<Long, Region> all() {
        return all;
    }

    RelNode foundIn(RelNode plan) {
        return Constants.everywhere(plan, this);
    }

    /** A test of a point: {@code in_region(lat, lon, id)}. */
    record Test(RexNode lat, RexNode lon, Region region) {}

    /** Null if the expression is no test of a point. */
    @Nullable
    Test test(RexNode expression) {
        if (expression instanceof RexCall call && call.getOperator().equals(IN_REGION)) {
            Region region = all.get(id(call));
            return region == null
                    ? null
                    : new Test(call.getOperands().get(0), call.getOperands().get(1), region);
        }
        return null;
    }

    private static long id(RexCall call) {
        Long id = ((RexLiteral) call.getOperands().get(2)).getValueAs(Long.class);
        return id == null ? -1 : id;
    }

    @Override
    public RexNode visitSubQuery(RexSubQuery subQuery) {
        RexSubQuery operands = (RexSubQuery) super.visitSubQuery(subQuery);
        return operands.clone(Constants.everywhere(operands.rel, this));
    }

    @Override
    public RexNode visitCall(RexCall original) {
        RexNode visited = super.visitCall(original);
        if (!(visited instanceof RexCall call)) {
            return visited;
        }
        List<RexNode> operands = call.getOperands();
        RexNode found = switch (name(call)) {
            case "st_within" -> pointIn(operands.get(0), operands.get(1), Edges.EXCLUDED);
            case "st_contains" -> pointIn(operands.get(1), operands.get(0), Edges.EXCLUDED);
            case "st_intersects" -> {
                RexNode first = pointIn(operands.get(0), operands.get(1), Edges.INCLUDED);
                yield first == null ? pointIn(operands.get(1), operands.get(0), Edges.INCLUDED) : first;
            }
            case "st_dwithin" -> near(operands.get(0), operands.get(1), operands.get(2));
            case "st_distance" -> distance(operands.get(0), operands.get(1));
            default -> compared(call);
        };
        return found == null ? call : rex.ensureType(call.getType(), found, true);
    }

    private static String name(RexNode node) {
        return node instanceof RexCall call && call.getOperator() instanceof DuckFunction function
                ? function.getName().toLowerCase(Locale.ROOT)
                : "";
    }

    private @Nullable RexNode pointIn(RexNode point, RexNode shape, Edges edges) {
        if (!isPoint(point)) {
            return null;
        }
        Region region = region(shape, edges);
        return region == null ? null : test((RexCall) point, region);
    }

    private RexNode test(RexCall point, Region region) {
        long id = ids.incrementAndGet();
        all.put(id, region);
        RelDataType type = rex.getTypeFactory()
                .createTypeWithNullability(rex.getTypeFactory().createSqlType(SqlTypeName.BOOLEAN), true);
        return rex.makeCall(
                type,
                IN_REGION,
                List.of(
                        point.getOperands().get(1),
                        point.getOperands().get(0),
                        rex.makeBigintLiteral(BigDecimal.valueOf(id))));
    }

    private @Nullable RexNode near(RexNode first, RexNode second, RexNode metres) {
        Double radius = number(metres);
        if (radius == null) {
            return null;
        }
        RexNode near = nearShape(first, second, radius);
        return near == null ? nearShape(second, first, radius) : near;
    }

    private @Nullable RexNode nearShape(RexNode point, RexNode shape, double radius) {
        if (!isPoint(point)) {
            return null;
        }
        var geometry = geometry(shape);
        return geometry == null ? null : test((RexCall) point, Region.near(geometry, radius));
    }

    private static boolean isPoint(RexNode node) {
        return name(node).equals("st_point") || name(node).equals("st_makepoint");
    }

    /** A distance of two points is arithmetic. */
    private @Nullable RexNode distance(RexNode first, RexNode second) {
        if (!isPoint(first) || !isPoint(second)) {
            return null;
        }
        boolean firstIsFixed = geometry(first) != null;
        RexCall from = (RexCall) (firstIsFixed ? first : second);
        RexCall to = (RexCall) (firstIsFixed ? second : first);
        RelDataType type = rex.getTypeFactory()
                .createTypeWithNullability(rex.getTypeFactory().createSqlType(SqlTypeName.DOUBLE), true);
        return rex.makeCall(
                type,
                DISTANCE,
                List.of(
                        from.getOperands().get(1),
                        from.getOperands().get(0),
                        to.getOperands().get(1),
                        to.getOperands().get(0)));
    }

    /** {@code ST_Distance(point, constant) <= metres} is a circle, and with {@code <} the next smaller one. */
    private @Nullable RexNode compared(RexCall call) {
        SqlKind kind = call.getKind();
        boolean below = kind == SqlKind.LESS_THAN || kind == SqlKind.LESS_THAN_OR_EQUAL;
        boolean above = kind == SqlKind.GREATER_THAN || kind == SqlKind.GREATER_THAN_OR_EQUAL;
        if (!below && !above) {
            return null;
        }
        boolean strict = kind == SqlKind.LESS_THAN || kind == SqlKind.GREATER_THAN;
        RexNode left = call.getOperands().get(below ? 0 : 1);
        RexNode right = call.getOperands().get(below ? 1 : 0);
        Double metres = number(right);
        if (metres == null) {
            return null;
        }
        double radius = strict ? Math.nextDown(metres) : metres;
        if (radius < 0
                || !(left instanceof RexCall distance)
                || !distance.getOperator().equals(DISTANCE)) {
            return null;
        }
        Double lat = number(distance.getOperands().get(0));
        Double lon = number(distance.getOperands().get(1));
        if (lat == null || lon == null) {
            return null;
        }
        long id = ids.incrementAndGet();
        all.put(id, new Circle(lat, lon, radius));
        return rex.makeCall(
                call.getType(),
                IN_REGION,
                List.of(
                        distance.getOperands().get(2),
                        distance.getOperands().get(3),
                        rex.makeBigintLiteral(BigDecimal.valueOf(id))));
    }

    private @Nullable Region region(RexNode shape, Edges edges) {
        if (name(shape).equals("st_makeenvelope")) {
            List<Double> sides = numbers((RexCall) shape);
            if (sides != null) {
                return new Box(sides.get(0), sides.get(1), sides.get(2), sides.get(3), edges);
            }
        }
        var geometry = geometry(shape);
        if (geometry == null) {
            return null;
        }
        return edges == Edges.INCLUDED ? Region.touching(geometry) : Region.inside(geometry);
    }

    private @Nullable Geometry geometry(RexNode shape) {
        if (!(shape instanceof RexCall call)) {
            return null;
        }
        List<Double> numbers = numbers(call);
        String text = text(call);
        return switch (name(call)) {
            case "st_point", "st_makepoint" ->
                numbers == null ? null : GEOMETRIES.createPoint(new Coordinate(numbers.get(0), numbers.get(1)));
            case "st_makeenvelope" -> numbers == null ? null : envelope(numbers);
            case "st_geomfromtext" -> text == null ? null : GeometryText.ofWkt(text);
            case "st_geomfromgeojson" -> text == null ? null : GeometryText.ofGeoJson(text);
            default -> null;
        };
    }

    private static Geometry envelope(List<Double> sides) {
        double west = sides.get(0);
        double east = sides.get(2);
        Box checked = new Box(west, sides.get(1), east, sides.get(3));
        return GEOMETRIES.toGeometry(
                new Envelope(west, west <= east ? east : east + 360, checked.south(), checked.north()));
    }

    private static @Nullable String text(RexCall call) {
        return call.getOperands().getFirst() instanceof RexLiteral literal
                        && literal.getTypeName() == SqlTypeName.CHAR
                        && !literal.isNull()
                ? literal.getValueAs(String.class)
                : null;
    }

    private static @Nullable List<Double> numbers(RexCall call) {
        List<Double> numbers = new ArrayList<>();
        for (RexNode operand : call.getOperands()) {
            Double number = number(operand);
            if (number == null) {
                return null;
            }
            numbers.add(number);
        }
        return numbers;
    }

    /** The value of a numeric constant, or null. */
    static @Nullable Double number(RexNode node) {
        if (node instanceof RexCall call && call.getKind() == SqlKind.CAST) {
            return number(call.getOperands().getFirst());
        }
        if (node instanceof RexCall call && call.getKind() == SqlKind.MINUS_PREFIX) {
            Double positive = number(call.getOperands().getFirst());
            return positive == null ? null : -positive;
        }
        if (node instanceof RexLiteral literal
                && !literal.isNull()
                && SqlTypeName.NUMERIC_TYPES.contains(literal.getType().getSqlTypeName())) {
            return literal.getValueAs(Double.class);
        }
        return null;
    }

    RelNode spelledOut(RelNode plan) {
        RexShuttle shuttle = spelling();
        return Constants.everywhere(plan, shuttle);
    }

    RexNode spelledOut(RexNode expression) {
        return expression.accept(spelling());
    }

    private RexShuttle spelling() {
        return new RexShuttle() {
            @Override
            public RexNode visitCall(RexCall original) {
                RexNode visited = super.visitCall(original);
                Test test = test(visited);
                return test == null
                        ? visited
                        : rex.ensureType(original.getType(), spelled((RexCall) visited, test), true);
            }

            @Override
            public RexNode visitSubQuery(RexSubQuery subQuery) {
                RexSubQuery operands = (RexSubQuery) super.visitSubQuery(subQuery);
                return operands.clone(Constants.everywhere(operands.rel, this));
            }
        };
    }

    private RexNode spelled(RexCall call, Test test) {
        boolean columns = test.lat() instanceof RexInputRef && test.lon() instanceof RexInputRef;
        RexNode exact = switch (test.region()) {
            case Box box when isPlain(box) -> null;
            case Circle circle ->
                rex.makeCall(
                        SqlStdOperatorTable.LESS_THAN_OR_EQUAL,
                        rex.makeCall(
                                test.lat().getType(),
                                DISTANCE,
                                List.of(literal(circle.lat()), literal(circle.lon()), test.lat(), test.lon())),
                        literal(circle.radiusMetres()));
            default -> call;
        };
        if (exact == null) {
            Box box = (Box) test.region();
            boolean open = box.edges() == Edges.EXCLUDED;
            return RexUtil.composeConjunction(
                    rex,
                    List.of(
                            above(test.lat(), box.south(), open),
                            below(test.lat(), box.north(), open),
                            above(test.lon(), box.west(), open),
                            below(test.lon(), box.east(), open)));
        }
        List<LatLonBounds> bounds = test.region().bounds();
        if (!columns || bounds.isEmpty()) {
            return exact;
        }
        List<RexNode> either = new ArrayList<>();
        if (bounds.size() > MOST_BOUNDS) {
            bounds = List.of(bounds.stream().reduce(LatLonBounds::hull).orElseThrow());
        }
        for (LatLonBounds bound : bounds) {
            either.add(RexUtil.composeConjunction(
                    rex,
                    List.of(
                            above(test.lat(), bound.south(), false),
                            below(test.lat(), bound.north(), false),
                            above(test.lon(), bound.west(), false),
                            below(test.lon(), bound.east(), false))));
        }
        return RexUtil.composeConjunction(rex, List.of(RexUtil.composeDisjunction(rex, either), exact));
    }

    /** Whether comparisons of degrees say the same as {@link Box#contains}: nothing is near the antimeridian. */
    private static boolean isPlain(Box box) {
        return box.west() > -180 && box.west() <= box.east() && box.east() < 180;
    }

    private RexNode above(RexNode value, double bound, boolean open) {
        return rex.makeCall(
                open ? SqlStdOperatorTable.GREATER_THAN : SqlStdOperatorTable.GREATER_THAN_OR_EQUAL,
                value,
                literal(bound));
    }

    private RexNode below(RexNode value, double bound, boolean open) {
        return rex.makeCall(
                open ? SqlStdOperatorTable.LESS_THAN : SqlStdOperatorTable.LESS_THAN_OR_EQUAL, value, literal(bound));
    }

    private RexNode literal(double value) {
        return rex.makeApproxLiteral(new BigDecimal(Double.toString(value)));
    }
}
