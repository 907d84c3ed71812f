"""What Python's Celery makes of crontabs: reads a JSON line of questions, writes one of answers."""
import json
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from celery import Celery
from celery.schedules import crontab

FIELDS = ('minute', 'hour', 'day_of_week', 'day_of_month', 'month_of_year')


def app_in(zone, apps={}):
    if zone not in apps:
        apps[zone] = Celery(zone, set_as_current=False)
        apps[zone].conf.timezone = zone
    return apps[zone]


def next_run(fields, zone, last):
    """Seconds since the epoch at which it is due after `last`, as beat sees it at that moment."""
    now = datetime.fromtimestamp(last, timezone.utc).astimezone(ZoneInfo(zone))
    schedule = crontab(**fields, nowfun=lambda: now, app=app_in(zone))
    return last + schedule.remaining_estimate(now).total_seconds()


def expand(fields):
    try:
        schedule = crontab(**fields)
    except Exception as error:
        return {'refused': type(error).__name__}
    return {name: sorted(getattr(schedule, name)) for name in FIELDS}


question = json.loads(sys.stdin.readline())
print(json.dumps({
    'expanded': [expand(fields) for fields in question['crontabs']],
    'next': [next_run(*each) for each in question['next']],
}))
