//! What `--help` says below the options.

/// Examples, what expressions and outputs look like, exit codes.
pub(super) const EXAMPLES: &str = "\
Examples:
  cutaway                                       watch localhost:4000
  cutaway 4000 4100-4103                        five processes on this machine
  cutaway host:4000 http://me:pw@host:9090/metrics
  cutaway -ports=1234 -i=5s -vars=mem:memstats.Alloc,duration:memstats.PauseNs,Goroutines
  cutaway 4000 --once json                      for scripts; also csv, md, prom
  cutaway 4000 --watch --vars requests.rate,errors -i 5s
  cutaway 4000 --once csv --fail-if errors.rate/requests.rate>1%
  cutaway 4000 --dummy --count 3                lines instead of a picture
  cutaway 4000 --record run.session             keep what is read
  cutaway replay run.session                    and watch it again
  cutaway 4000 --ring                           keep CPU profiles: a range of a chart leads to them
  cutaway https://host:4443 --ca my-ca.pem
  cutaway k8s:sales-system                      all pods of a namespace that offer themselves
  cutaway k8s:staging/sales-system/deploy/sales-api:4000
  cutaway 4000-4099 -i 1s --theme light --filter latency
  cutaway top cpu.pb.gz                         the functions that cost most
  cutaway top http://localhost:4000/debug/pprof/profile?seconds=5
  cutaway top 4000 --kind heap -focus=orders    of a live heap, what orders hold
  cutaway top new.pb.gz -diff_base=old.pb.gz -cum
  cutaway top cpu.pb.gz -peek=^sales            who calls it, whom it calls; also -list=, -tags
  cutaway flame cpu.pb.gz                       look at it here
  cutaway flame 4000-4003 --seconds 10 -o cpu.svg
  cutaway diff old.pb.gz new.pb.gz --normalize --form json
  cutaway diff old.pb.gz new.pb.gz -o diff.svg
  cutaway diff old.pb.gz new.pb.gz --fail-if growth>10%
  cutaway bundle host:4000 --log service.log    all evidence in one archive, secrets masked

EXPR compares values with > >= < <= == !=, joins with && || !, computes with + - * / and parentheses; numbers may have the
units ns us ms s m h (nanoseconds), B kB MB GB KiB MiB GiB (bytes), %. Names are variables, name.rate (growth per
second) and up (1 while nothing of the target fails); names with other characters stand in quotes.

--once csv and md: target, source, name, value. --once prom: each number with the label target, and up.
--watch=json: {\"time\", \"target\", \"ok\", \"error\", \"values\"} a line; lines: time, target, name=value; csv: time, target, error,
and the variables of --vars.

HTTP_USER and HTTP_PASSWORD, or HTTP_BEARER, are used where a target's URL names no user.
k8s:[CONTEXT/]NAMESPACE[/PODS][:PORT] are pods, read through the API server that KUBECONFIG names.
PODS: NAME, deploy/NAME, sts/NAME, label=SELECTOR, * for all; without, those that offer themselves
by the annotation cutaway.dev/port. PORT: else that annotation, the port called debug, or 4000.
This needs a console built with --features kubernetes.
Exit codes: 0 fine, 1 something failed, 2 the command line is wrong, 3 what --fail-if says holds.
";
