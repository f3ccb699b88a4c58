package dev.varve.server.demo;

import dev.varve.sdk.Ack;
import dev.varve.sdk.Column;
import dev.varve.sdk.ColumnSpec;
import dev.varve.sdk.DatasetSpec;
import dev.varve.sdk.DatasetSummary;
import dev.varve.sdk.RowWriter;
import dev.varve.sdk.Varve;
import dev.varve.server.console.Progress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Fills a node with the weather of a made-up network of stations and knows what to ask about it. */
public final class Demo {
    public static final String DATASET = "weather";

    private static final Instant START = Instant.parse("2025-05-01T00:00:00Z");
    private static final int ROWS_A_REPORT = 8_192;

    private final Weather weather;
    private final long rows;
    private final long seed;

    public Demo(long rows, long seed) {
        this.rows = rows;
        this.seed = seed;
        this.weather = new Weather(rows, seed, micros(START));
    }

    private static long micros(Instant instant) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }

    public int stations() {
        return weather.stations().size();
    }

    /** How many hours of weather there are, about. */
    public long hours() {
        return weather.hours();
    }

    /** What the node has of the demo's dataset, if it has it. */
    public static Optional<DatasetSummary> present(Varve varve) {
        return varve.datasets().stream()
                .filter(dataset -> dataset.name().equals(DATASET))
                .findFirst();
    }

    /** Creates the dataset and writes all rows; they are durable when this returns. */
    public Ack load(Varve varve, Progress progress) {
        if (present(varve).isEmpty()) {
            varve.createDataset(DatasetSpec.named(DATASET)
                    .column("station", "string")
                    .column(new ColumnSpec("temperature", "double", "Cel", "air_temperature", "own"))
                    .column(new ColumnSpec("humidity", "double", "%", "relative_humidity", "own"))
                    .column(new ColumnSpec("pressure", "double", "hPa", "air_pressure_at_mean_sea_level", "own"))
                    .column(new ColumnSpec("wind_speed", "double", "m/s", "wind_speed", "own"))
                    .column(new ColumnSpec("precipitation", "double", "mm", "precipitation_amount", "own"))
                    .key("station"));
        }
        try (RowWriter writer = varve.writer(DATASET, "demo-" + seed + "-" + rows)) {
            weather.generate(new ToWriter(writer, progress));
            return writer.flushAndWait();
        }
    }

    private static final class ToWriter implements Weather.Sink {
        private final RowWriter writer;
        private final Progress progress;
        private final Column station;
        private final Column temperature;
        private final Column humidity;
        private final Column pressure;
        private final Column windSpeed;
        private final Column precipitation;
        private int untold;

        ToWriter(RowWriter writer, Progress progress) {
            this.writer = writer;
            this.progress = progress;
            this.station = writer.column("station");
            this.temperature = writer.column("temperature");
            this.humidity = writer.column("humidity");
            this.pressure = writer.column("pressure");
            this.windSpeed = writer.column("wind_speed");
            this.precipitation = writer.column("precipitation");
        }

        @Override
        public void row(
                long micros,
                Weather.Station where,
                double degrees,
                double percent,
                double hectopascals,
                double metresPerSecond,
                double millimetres) {
            writer.time(micros)
                    .at(where.lat(), where.lon())
                    .set(station, where.name())
                    .set(temperature, degrees)
                    .set(pressure, hectopascals)
                    .set(windSpeed, metresPerSecond)
                    .set(precipitation, millimetres);
            if (!Double.isNaN(percent)) {
                writer.set(humidity, percent);
            }
            writer.add();
            untold++;
            if (untold == ROWS_A_REPORT) {
                progress.add(untold, 0);
                untold = 0;
            }
        }
    }

    /** The questions, in order; each is asked of the loaded rows. */
    public List<Question> questions() {
        Instant middle = START.plus(weather.hours() / 2, ChronoUnit.HOURS).truncatedTo(ChronoUnit.DAYS);
        Instant later = middle.plus(7, ChronoUnit.DAYS);
        return List.of(
                new Question("The hottest day of each region, without the sensors that lie", """
                        with days as (
                          select substring(station, 1, 2) as region, date_trunc('day', time) as day,
                                 max(temperature) as hottest
                          from weather where temperature < 60 group by 1, 2)
                        select region, day, hottest
                        from (select region, day, hottest,
                                     row_number() over (partition by region order by hottest desc, day) as place
                              from days) as ranked
                        where place = 1 order by hottest desc"""),
                new Question("A week within 100 km of Paris", """
                        select count(*) as observations, count(distinct station) as stations,
                               round(avg(temperature), 1) as mean_temperature, max(wind_speed) as strongest_wind,
                               round(sum(precipitation) / count(distinct station), 1) as rain_per_station
                        from weather
                        where ST_DWithin(ST_Point(lon, lat), ST_Point(2.35, 48.86), 100000)
                          and time >= timestamp '%s' and time < timestamp '%s'""".formatted(sql(middle), sql(later))),
                new Question("A box across the antimeridian, Fiji to Samoa", """
                        select substring(station, 1, 4) as town, min(lon) as lon_from, max(lon) as lon_to, count(*) as observations,
                               round(avg(temperature), 1) as mean_temperature, max(wind_speed) as strongest_wind
                        from weather
                        where ST_Within(ST_Point(lon, lat), ST_MakeEnvelope(175, -25, -170, -10))
                        group by 1 order by 1"""),
                new Question("Monthly means by H3 cell, the warmest first", """
                        select h3_cell_to_parent(cell, 2) as h3, date_trunc('month', time) as month,
                               round(avg(temperature), 2) as mean_temperature, count(*) as observations
                        from weather group by 1, 2 order by mean_temperature desc limit 6"""),
                new Question("The longest silences of stations in Europe", """
                        select station, last_heard, heard_again, date_diff('hour', last_heard, heard_again) as hours
                        from (select station, time as heard_again,
                                     lag(time) over (partition by station order by time) as last_heard
                              from weather
                              where lat between 36 and 62 and lon between -10 and 32) as pairs
                        where last_heard is not null
                        order by hours desc, station limit 5"""));
    }

    /** One of the small questions that come all day, with other stations, places and days each round. */
    public Question everyday(int round) {
        Weather.Station where = weather.stations()
                .get(Math.floorMod(round * 97, weather.stations().size()));
        Instant day = START.plus(round % Math.max(1, weather.hours() / 24), ChronoUnit.DAYS);
        String times = "time >= timestamp '%s' and time < timestamp '%s'"
                .formatted(sql(day), sql(day.plus(1, ChronoUnit.DAYS)));
        return switch (round % 4) {
            case 0 -> new Question("A day of a station", """
                        select time, temperature, humidity, pressure, wind_speed
                        from weather where station = '%s' and %s order by time""".formatted(where.name(), times));
            case 1 ->
                new Question("A day in a box", """
                        select station, count(*) as n, avg(temperature) as mean, max(wind_speed) as strongest
                        from weather
                        where lat between %s and %s and lon between %s and %s and %s
                        group by station""".formatted(
                                where.lat() - 1, where.lat() + 1, where.lon() - 1, where.lon() + 1, times));
            case 2 -> new Question("Hours near a place", """
                        select time_bucket(interval '1 hour', time) as hour, avg(temperature) as mean
                        from weather
                        where ST_DWithin(ST_Point(lon, lat), ST_Point(%s, %s), 50000) and %s
                        group by 1 order by 1""".formatted(where.lon(), where.lat(), times));
            default -> questions().get(1);
        };
    }

    private static String sql(Instant instant) {
        return instant.toString().replace("T", " ").replace("Z", "");
    }

    /** The row that {@link #correct} replaces, and how many there are. */
    public Question correctedRow() {
        return new Question("A late correction: the same station and time again, with another value", """
                select station, time, temperature, (select count(*) from weather) as rows_in_all
                from weather where station = '%s' and time = timestamp '%s'""".formatted(
                        correctedStation(), sql(START)));
    }

    private String correctedStation() {
        return weather.stations().getFirst().name();
    }

    /** Sends a later version of one row. */
    public void correct(Varve varve, double degrees) {
        try (RowWriter writer = varve.writer(DATASET)) {
            Weather.Station where = weather.stations().getFirst();
            writer.time(START)
                    .at(where.lat(), where.lon())
                    .set(writer.column("station"), where.name())
                    .set(writer.column("temperature"), degrees)
                    .add();
        }
    }
}
