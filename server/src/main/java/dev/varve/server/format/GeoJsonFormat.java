package dev.varve.server.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.varve.model.ErrorCode;
import dev.varve.model.VarveException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** A FeatureCollection (RFC 7946) with a point per row from {@code lat} and {@code lon}; the rest are properties. */
record GeoJsonFormat() implements ResultFormat.Streamed {
    @Override
    public String label() {
        return "geojson";
    }

    @Override
    public String mediaType() {
        return "application/geo+json";
    }

    @Override
    public ResultWriter begin(Schema schema, OutputStream out) {
        for (String name : List.of("lat", "lon")) {
            Field field = schema.getFields().stream()
                    .filter(candidate -> candidate.getName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> unfit("the result has no column '" + name + "', which geojson needs"));
            if (!(field.getType() instanceof ArrowType.FloatingPoint)) {
                throw unfit("column '" + name + "' is " + TypeLabels.of(field) + "; geojson needs a double");
            }
        }
        return new Writer(new TextSink(out));
    }

    private static VarveException unfit(String message) {
        return new VarveException(ErrorCode.BAD_REQUEST, message)
                .withHint("select columns named lat and lon, or ask for another format");
    }

    private static final class Writer implements ResultWriter {
        private final TextSink out;
        private boolean begun;
        private boolean hasRows;

        Writer(TextSink out) {
            this.out = out;
        }

        private void begin() {
            if (!begun) {
                begun = true;
                out.text("{\"type\":\"FeatureCollection\",\"features\":[");
            }
        }

        @Override
        public void write(VectorSchemaRoot batch) {
            begin();
            FieldVector lat = batch.getVector("lat");
            FieldVector lon = batch.getVector("lon");
            List<FieldVector> others = new ArrayList<>(batch.getFieldVectors());
            others.remove(lat);
            others.remove(lon);
            JsonObjects properties = JsonObjects.of(others);
            for (int row = 0; row < batch.getRowCount(); row++) {
                out.text(hasRows ? ",\n" : "\n");
                hasRows = true;
                double y = degrees(lat, row);
                double x = degrees(lon, row);
                if (Double.isFinite(x) && Double.isFinite(y)) {
                    out.text("{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[");
                    out.number(x).ascii(',').number(y).text("]},\"properties\":");
                } else {
                    out.text("{\"type\":\"Feature\",\"geometry\":null,\"properties\":");
                }
                properties.write(row, out);
                out.ascii('}');
            }
            out.drain();
        }

        /** NaN when null. */
        private static double degrees(FieldVector vector, int row) {
            if (vector.isNull(row)) {
                return Double.NaN;
            }
            return switch (vector) {
                case Float8Vector doubles -> doubles.get(row);
                case Float4Vector floats -> floats.get(row);
                default -> Double.NaN;
            };
        }

        @Override
        public void end(ObjectNode stats) {
            begin();
            out.text("\n]}\n");
            out.drain();
        }

        @Override
        public void fail(ObjectNode problem) {
            begin();
            out.text("\n],\"error\":").text(problem.toString()).text("}\n");
            out.drain();
        }
    }
}
