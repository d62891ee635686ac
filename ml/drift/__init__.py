"""Has the world moved away from what the champion was measured on? Tests that know how much they have seen.

Hours are summed up once (`hours`), servers are compared with their own past (`reference`), cells of metric and profile
are judged (`cells`). Numpy alone, no clock, no database: the same hours give the same report.
"""
