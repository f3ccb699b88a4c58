package dev.varve.bench;

import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.TimeStampMicroVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * A seeded network of 8,000 fixed and 2,000 moving stations that report every ten minutes, as rows in order of arrival.
 *
 * <p>The same seed gives the same rows. Values have the resolution of real instruments (0.1), so files compress as real
 * ones do. Row {@code i} is station {@code i mod 10,000} at step {@code i / 10,000}; stations are in no order of place.
 */
final class StationNetwork {
    static final int FIXED = 8_000;
    static final int STATIONS = 10_000;
    static final long STEP_MICROS = 600_000_000L;
    static final int STEPS_PER_DAY = 144;
    /** 2025-06-01T00:00:00Z. */
    static final long START_MICROS = 1_748_736_000_000_000L;
    /** A city with several stations of the network around it. */
    static final double CITY_LAT = 47.37;

    static final double CITY_LON = 8.54;

    static final Schema SCHEMA = new Schema(List.of(
            new Field("time", FieldType.notNullable(new ArrowType.Timestamp(TimeUnit.MICROSECOND, null)), null),
            number("lat"),
            number("lon"),
            new Field("station", FieldType.nullable(ArrowType.Utf8.INSTANCE), null),
            number("temperature"),
            number("humidity"),
            number("pressure"),
            number("wind_speed")));

    private static final int CLUSTERS = 300;
    private static final double CLUSTER_DEGREES = 4;
    private static final int CITY_STATIONS = 40;

    private final long seed;
    private final double[] homeLat = new double[STATIONS];
    private final double[] homeLon = new double[STATIONS];
    private final byte[][] names = new byte[STATIONS][];

    StationNetwork(long seed) {
        this.seed = seed;
        SplittableRandom random = new SplittableRandom(seed);
        double[] clusterLat = random.doubles(CLUSTERS, -55, 70).toArray();
        double[] clusterLon = random.doubles(CLUSTERS, -180, 180).toArray();
        for (int station = 0; station < STATIONS; station++) {
            int cluster = random.nextInt(CLUSTERS);
            double spread = CLUSTER_DEGREES;
            double lat = clusterLat[cluster];
            double lon = clusterLon[cluster];
            if (station % (STATIONS / CITY_STATIONS) == 0) {
                lat = CITY_LAT;
                lon = CITY_LON;
                spread = 0.1;
            }
            homeLat[station] = round(Math.clamp(lat + spread * gaussian(random), -89, 89), 1e4);
            homeLon[station] = round(wrap(lon + spread * gaussian(random)), 1e4);
            names[station] = "ST%05d".formatted(station).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        }
    }

    /** A station that does not move, by name. */
    String fixedStation(int index) {
        return "ST%05d".formatted(index % FIXED);
    }

    static VectorSchemaRoot newBatch(BufferAllocator memory) {
        return VectorSchemaRoot.create(SCHEMA, memory);
    }

    /** Fills the batch with rows {@code first} to {@code first + count - 1}. */
    void fill(VectorSchemaRoot batch, long first, int count) {
        for (FieldVector vector : batch.getFieldVectors()) {
            if (vector instanceof BaseFixedWidthVector fixed) {
                fixed.allocateNew(count);
            } else {
                ((VarCharVector) vector).allocateNew(8L * count, count);
            }
        }
        TimeStampMicroVector time = (TimeStampMicroVector) batch.getVector(0);
        Float8Vector lat = (Float8Vector) batch.getVector(1);
        Float8Vector lon = (Float8Vector) batch.getVector(2);
        VarCharVector name = (VarCharVector) batch.getVector(3);
        Float8Vector temperature = (Float8Vector) batch.getVector(4);
        Float8Vector humidity = (Float8Vector) batch.getVector(5);
        Float8Vector pressure = (Float8Vector) batch.getVector(6);
        Float8Vector wind = (Float8Vector) batch.getVector(7);
        for (int i = 0; i < count; i++) {
            int station = (int) ((first + i) % STATIONS);
            long step = (first + i) / STATIONS;
            double days = (double) step / STEPS_PER_DAY;
            double phase = station * 2.399963;
            double rowLat = homeLat[station];
            double rowLon = homeLon[station];
            if (station >= FIXED) {
                rowLat = round(Math.clamp(rowLat + 3 * Math.sin(days * 0.7 + phase), -89, 89), 1e4);
                rowLon = round(wrap(rowLon + 5 * Math.sin(days * 0.4 + 2 * phase)), 1e4);
            }
            double noise = noise(station, step);
            double diurnal = Math.sin(2 * Math.PI * (days + rowLon / 360) - 1.8);
            time.set(i, START_MICROS + step * STEP_MICROS);
            lat.set(i, rowLat);
            lon.set(i, rowLon);
            name.set(i, names[station]);
            temperature.set(i, round(28 - 0.45 * Math.abs(rowLat) + 6 * diurnal + 2 * noise, 10));
            humidity.set(i, Math.rint(Math.clamp(65 - 20 * diurnal + 10 * noise, 5, 100)));
            pressure.set(i, round(1013 + 8 * Math.sin(days * 0.9 + phase) + noise, 10));
            wind.set(i, round(Math.abs(4 + 3 * Math.sin(days * 2.3 + phase) + 2 * noise), 10));
        }
        batch.setRowCount(count);
    }

    /** Even between -1 and 1, the same for the same station and step. */
    private double noise(int station, long step) {
        long z = seed + station * 0x9E3779B97F4A7C15L + step * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return ((z ^ (z >>> 31)) >> 10) * 0x1.0p-53;
    }

    private static double gaussian(SplittableRandom random) {
        return Math.sqrt(-2 * Math.log(1 - random.nextDouble())) * Math.cos(2 * Math.PI * random.nextDouble());
    }

    private static double round(double value, double perUnit) {
        return Math.rint(value * perUnit) / perUnit;
    }

    private static double wrap(double lon) {
        return lon - 360 * Math.floor((lon + 180) / 360);
    }

    private static Field number(String name) {
        return new Field(name, FieldType.nullable(new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE)), null);
    }
}
