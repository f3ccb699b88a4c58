package dev.varve.server.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of the world with the towns around which its stations stand.
 *
 * @param code two letters, with which the names of its stations begin
 */
record Region(String code, List<Town> towns) {
    /** Latitude and longitude in degrees, metres above the sea. */
    record Town(double lat, double lon, double elevation) {}

    static final List<Region> ALL = List.of(
            region(
                    "EU", 48.86, 2.35, 60, 51.51, -0.13, 20, 52.52, 13.40, 40, 40.42, -3.70, 650, 47.37, 8.54, 430,
                    59.91, 10.75, 30, 41.90, 12.50, 40, 52.23, 21.01, 100, 50.45, 30.52, 150),
            region(
                    "NA", 40.71, -74.01, 20, 41.88, -87.63, 180, 39.74, -104.99, 1610, 34.05, -118.24, 90, 29.76,
                    -95.37, 20, 45.50, -73.57, 50, 49.28, -123.12, 30, 61.22, -149.90, 30, 33.45, -112.07, 340, 51.05,
                    -114.07, 1045),
            region(
                    "SA", -23.55, -46.63, 760, -34.60, -58.38, 25, -12.05, -77.04, 150, 4.71, -74.07, 2600, -3.12,
                    -60.02, 90, -33.45, -70.67, 570),
            region(
                    "AF", 30.04, 31.24, 30, 6.52, 3.38, 20, -1.29, 36.82, 1660, -26.20, 28.05, 1750, 33.57, -7.59, 40,
                    15.50, 32.56, 380, 13.51, 2.11, 210),
            region(
                    "AS", 35.69, 139.69, 40, 39.90, 116.40, 50, 28.61, 77.21, 215, 1.35, 103.82, 20, 55.76, 37.62, 150,
                    25.20, 55.27, 10, 43.24, 76.89, 850, 62.03, 129.73, 100, 13.76, 100.50, 10, 34.56, 69.21, 1790),
            region(
                    "OC", -33.87, 151.21, 40, -37.81, 144.96, 30, -36.85, 174.76, 40, -18.14, 178.44, 10, -16.80,
                    -179.95, 20, -21.14, -175.20, 10, -13.83, -171.77, 10, -23.70, 133.88, 550, -31.95, 115.86, 20),
            region(
                    "PO", 78.22, 15.65, 10, 64.73, 177.51, 30, 51.88, -176.65, 10, 64.18, -51.72, 20, -77.85, 166.67,
                    20));

    private static Region region(String code, double... numbers) {
        List<Town> towns = new ArrayList<>();
        for (int i = 0; i < numbers.length; i += 3) {
            towns.add(new Town(numbers[i], numbers[i + 1], numbers[i + 2]));
        }
        return new Region(code, List.copyOf(towns));
    }
}
