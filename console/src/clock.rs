//! The civil calendar, in UTC.

/// A moment, to the second.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// The moment so many seconds after 1970 began. Years are counted from March, so that the leap day is the last of its
    /// year; eras have 400 of them, after which the calendar repeats itself.
    pub(crate) fn of(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = (month_from_march + 2) % 12 + 1;
        Self {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month: month as u8,
            day: (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8,
            hour: (rest / 3_600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
        }
    }

    /// `Nov 21, 2026 at 1:32am`, as `go tool pprof` writes it.
    pub(crate) fn for_people(&self) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let month = MONTHS[usize::from(self.month - 1) % 12];
        let (half, hour) = match self.hour {
            0 => ("am", 12),
            hour @ 1..12 => ("am", hour),
            12 => ("pm", 12),
            hour => ("pm", hour - 12),
        };
        let (day, year, minute) = (self.day, self.year, self.minute);
        format!("{month} {day}, {year} at {hour}:{minute:02}{half}")
    }

    /// `2026-11-21T01:32:07Z`, as RFC 3339 has it.
    pub(crate) fn rfc3339(&self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_dates() {
        for (seconds, exact, people) in [
            (0, "1970-01-01T00:00:00Z", "Jan 1, 1970 at 12:00am"),
            (
                951_782_400,
                "2000-02-29T00:00:00Z",
                "Feb 29, 2000 at 12:00am",
            ),
            (
                951_868_800,
                "2000-03-01T00:00:00Z",
                "Mar 1, 2000 at 12:00am",
            ),
            (
                1_798_761_599,
                "2026-12-31T23:59:59Z",
                "Dec 31, 2026 at 11:59pm",
            ),
            (-1, "1969-12-31T23:59:59Z", "Dec 31, 1969 at 11:59pm"),
            (43_200, "1970-01-01T12:00:00Z", "Jan 1, 1970 at 12:00pm"),
        ] {
            let civil = Civil::of(seconds);
            assert_eq!(
                (civil.rfc3339().as_str(), civil.for_people().as_str()),
                (exact, people)
            );
        }
    }
}
