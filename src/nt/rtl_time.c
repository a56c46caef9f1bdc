/* Time as fields and as seconds. A time is 100 ns units since 1601-01-01 00:00 UTC. Any IRQL. */
#include <stdint.h>

#include "ring3/rtl_misc.h"

#define SECOND 10000000ll
#define DAY (86400 * SECOND)
#define YEAR_1970 11644473600ll         /* seconds since 1601 */
#define YEAR_1980 11960006400ll

/* Days since 1601-01-01 of a date in the proleptic Gregorian calendar. Years begin in March here, so that the leap day is
 * the last day of a year. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 584694;
}

static void date_of(int64_t days, PTIME_FIELDS fields)
{
    int64_t z = days + 584694, era = z / 146097, of_era = z - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

    fields->Day = (CSHORT)(of_year - (153 * month + 2) / 5 + 1);
    fields->Month = (CSHORT)(month < 10 ? month + 3 : month - 9);
    fields->Year = (CSHORT)(year + era * 400 + (fields->Month <= 2));
    fields->Weekday = (CSHORT)((days + 1) % 7);      /* 1601-01-01 was a Monday */
}

/* docs: wdm/nf-wdm-rtltimetotimefields */
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    int64_t days = Time->QuadPart / DAY, rest = Time->QuadPart % DAY / 10000;

    date_of(days, TimeFields);
    TimeFields->Milliseconds = (CSHORT)(rest % 1000);
    TimeFields->Second = (CSHORT)(rest / 1000 % 60);
    TimeFields->Minute = (CSHORT)(rest / 60000 % 60);
    TimeFields->Hour = (CSHORT)(rest / 3600000);
}

static int month_days(int year, int month)
{
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* FALSE when a field is out of range; Weekday is ignored. docs: wdm/nf-wdm-rtltimefieldstotime */
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    const TIME_FIELDS *f = TimeFields;

    if (f->Year < 1601 || f->Month < 1 || f->Month > 12 || f->Day < 1 || f->Day > month_days(f->Year, f->Month))
        return FALSE;
    if (f->Hour < 0 || f->Hour > 23 || f->Minute < 0 || f->Minute > 59 || f->Second < 0 || f->Second > 59 ||
        f->Milliseconds < 0 || f->Milliseconds > 999)
        return FALSE;
    Time->QuadPart = days_of(f->Year, f->Month, f->Day) * DAY + (f->Hour * 3600ll + f->Minute * 60 + f->Second) * SECOND +
                     f->Milliseconds * 10000ll;
    return TRUE;
}

static BOOLEAN to_seconds(int64_t time, int64_t base, PULONG seconds)
{
    int64_t value = time / SECOND - base;

    if (value < 0 || value > 0xFFFFFFFF)
        return FALSE;
    *seconds = (ULONG)value;
    return TRUE;
}

/* FALSE outside 1970..2105. docs: ntifs/nf-ntifs-rtltimetosecondssince1970 */
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    return to_seconds(Time->QuadPart, YEAR_1970, ElapsedSeconds);
}

/* docs: ntifs/nf-ntifs-rtltimetosecondssince1980 */
BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    return to_seconds(Time->QuadPart, YEAR_1980, ElapsedSeconds);
}

/* docs: ntifs/nf-ntifs-rtlsecondssince1970totime */
VOID NTAPI RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (ElapsedSeconds + YEAR_1970) * SECOND;
}

/* docs: ntifs/nf-ntifs-rtlsecondssince1980totime */
VOID NTAPI RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (ElapsedSeconds + YEAR_1980) * SECOND;
}
