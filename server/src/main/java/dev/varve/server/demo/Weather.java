package dev.varve.server.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * A network of stations and the weather they measure: seasons, days and nights, fronts that travel east, rain behind
 * them, stations that fall silent and sensors that lie. The same seed and size give the same rows.
 *
 * <p>Not physics: every term is there because a person would miss it. Temperature falls with latitude and height, swings
 * with the season (more towards the poles, opposite in the south) and with the hour of the sun (more where it is dry).
 * Three long waves travel around the globe; where their sum is high it is warm and wet and the pressure low. One thread
 * uses it.
 */
final class Weather {
    /** Takes one row; a value that was not measured is NaN. */
    interface Sink {
        void row(
                long micros,
                Station station,
                double temperature,
                double humidity,
                double pressure,
                double windSpeed,
                double precipitation);
    }

    /** A station; {@code rank} is its place in the network, from 0. */
    record Station(String name, int rank, double lat, double lon, double elevation, double wetness) {}

    private static final int MOST_STATIONS = 2_000;
    private static final int ROWS_A_STATION = 200;
    private static final long HOUR_MICROS = 3_600_000_000L;
    private static final int GAP_BLOCK_HOURS = 120;
    private static final double DEGREES = Math.PI / 180;

    private final List<Station> stations = new ArrayList<>();
    private final long startMicros;
    private final long rows;
    private final long seed;

    /** Of each station: the hour at which its silence in the current block begins, and where it ends. */
    private final int[] silentFrom;

    private final int[] silentTo;

    Weather(long rows, long seed, long startMicros) {
        this.rows = rows;
        this.seed = seed;
        this.startMicros = startMicros;
        SplittableRandom random = new SplittableRandom(seed);
        int towns =
                Region.ALL.stream().mapToInt(region -> region.towns().size()).sum();
        int count = (int) Math.max(towns, Math.min(MOST_STATIONS, rows / ROWS_A_STATION));
        int town = 0;
        for (Region region : Region.ALL) {
            for (int number = 0; number < region.towns().size(); number++) {
                int here = count / towns + (town < count % towns ? 1 : 0);
                for (int i = 0; i < here; i++) {
                    stations.add(station(region, number, i, random));
                }
                town++;
            }
        }
        silentFrom = new int[stations.size()];
        silentTo = new int[stations.size()];
    }

    private Station station(Region region, int number, int index, SplittableRandom random) {
        Region.Town town = region.towns().get(number);
        double lat = Math.max(-89, Math.min(89, town.lat() + 0.6 * random.nextGaussian()));
        double lon = town.lon() + 0.6 * random.nextGaussian() / Math.max(0.2, Math.cos(lat * DEGREES));
        if (lon >= 180) {
            lon -= 360;
        } else if (lon < -180) {
            lon += 360;
        }
        double elevation = Math.max(0, town.elevation() + 120 * random.nextGaussian());
        String name = String.format(Locale.ROOT, "%s%02d%03d", region.code(), number, index);
        return new Station(
                name,
                stations.size(),
                Math.rint(lat * 1e4) / 1e4,
                Math.rint(lon * 1e4) / 1e4,
                elevation,
                0.6 + 0.8 * random.nextDouble());
    }

    List<Station> stations() {
        return stations;
    }

    /** About how many hours there are. */
    long hours() {
        return Math.max(1, rows / stations.size());
    }

    /** Gives all rows to the sink, hour by hour. */
    void generate(Sink sink) {
        SplittableRandom random = new SplittableRandom(seed ^ 0x5DEECE66DL);
        long made = 0;
        for (int hour = 0; made < rows; hour++) {
            if (hour % GAP_BLOCK_HOURS == 0) {
                chooseSilences(hour, random);
            }
            long micros = startMicros + hour * HOUR_MICROS;
            for (Station station : stations) {
                if (made == rows) {
                    return;
                }
                if (hour < silentFrom[station.rank()] || hour >= silentTo[station.rank()]) {
                    measure(micros, station, random, sink);
                    made++;
                }
            }
        }
    }

    /** About one station in sixteen misses some hours of a block of five days. */
    private void chooseSilences(int hour, SplittableRandom random) {
        for (int i = 0; i < silentFrom.length; i++) {
            boolean fallsSilent = random.nextInt(16) == 0;
            silentFrom[i] = hour + random.nextInt(GAP_BLOCK_HOURS);
            int length = fallsSilent ? 6 + random.nextInt(66) : 0;
            silentTo[i] = Math.min(silentFrom[i] + length, hour + GAP_BLOCK_HOURS);
        }
    }

    private static void measure(long micros, Station station, SplittableRandom random, Sink sink) {
        double hours = micros / (double) HOUR_MICROS;
        double dayOfYear = hours / 24 % 365.2425;
        double sunHour = (hours + station.lon() / 15) % 24;
        double lat = station.lat() * DEGREES;
        double towardsPole = Math.abs(station.lat()) / 90;
        double front = front(hours, station);

        double season = Math.cos(2 * Math.PI * (dayOfYear - 200) / 365.2425) * Math.signum(lat);
        double day = Math.cos(2 * Math.PI * (sunHour - 15) / 24);
        double temperature = 28
                - 42 * towardsPole * towardsPole
                - 0.0065 * station.elevation()
                + (2 + 22 * towardsPole * (1.2 - 0.5 * towardsPole)) * season
                + (7 - 4 * towardsPole - 1.5 * station.wetness()) * day
                + 4.5 * front
                + 0.8 * random.nextGaussian();
        double humidity = 58 + 14 * station.wetness() - 11 * day + 16 * front + 4 * random.nextGaussian();
        double pressure = 1_013 - 11 * front + 0.7 * random.nextGaussian();
        double wind = Math.abs(4.2 + 4 * Math.abs(front) + 1.2 * day + 1.6 * random.nextGaussian());
        double rain = front > 0.9 && humidity > 80
                ? station.wetness() * (front - 0.8) * -0.6 * Math.log(1 - random.nextDouble())
                : 0;
        // Once in many rows a sensor is stuck at its limit, or reports nothing.
        int luck = random.nextInt(40_000);
        if (luck == 0) {
            temperature = 99.9;
        }
        sink.row(
                micros,
                station,
                tenths(temperature),
                luck < 80 ? Double.NaN : Math.rint(Math.max(4, Math.min(100, humidity))),
                tenths(pressure),
                tenths(wind),
                tenths(Math.max(0, rain)));
    }

    /** The sum of three waves, between about -2 and 2. */
    private static double front(double hours, Station station) {
        double lon = station.lon() * DEGREES;
        double lat = station.lat() * DEGREES;
        return 0.9 * Math.sin(5 * lon + 2 * lat - hours * 0.0291)
                + 0.7 * Math.sin(8 * lon - 3 * lat - hours * 0.0533 + 1.3)
                + 0.5 * Math.sin(3 * lon + 7 * lat - hours * 0.0117 + 4.1);
    }

    private static double tenths(double value) {
        return Math.rint(value * 10) / 10.0;
    }
}
