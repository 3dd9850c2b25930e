"""Nautobot Jobs of this app: they start jobs of the sidecar and show what came of them."""

from nautobot.apps.jobs import Job, register_jobs

from nautobot_ai_ops.sidecar_jobs import MAX_FOLLOW_SECONDS, SidecarJob, SidecarJobError

# Nautobot shows the jobs of a module below this name.
name = "AI Ops"

# What the start may take on top of the run, and then some: our own sentence is to come before Celery's end.
TIME_LIMIT_MARGIN_SECONDS = 120
SOFT_TIME_LIMIT_SECONDS = MAX_FOLLOW_SECONDS + TIME_LIMIT_MARGIN_SECONDS
TIME_LIMIT_SECONDS = MAX_FOLLOW_SECONDS + 2 * TIME_LIMIT_MARGIN_SECONDS


class FollowedJob(Job):
    """Starts one job of the sidecar, as the user who started this one, and follows it to its end."""

    sidecar_job = ""

    def run(self):
        """Start, follow, report.

        Returns:
            The sentence on what came of it, also when that is a failure.
        """
        correlation_id = f"nautobot-job-{self.job_result.pk}"
        try:
            outcome = SidecarJob(self.sidecar_job, self.user, correlation_id).run(self.logger.info)
        except SidecarJobError as error:
            # Not an exception: its traceback would bury the sentence.
            self.fail("%s", error)
            return str(error)
        self.logger.success("%s", outcome)
        return outcome


class CleanUpOldCheckpoints(FollowedJob):
    """The sidecar's job of this name."""

    sidecar_job = "clean-up-old-checkpoints"

    class Meta:
        name = "Clean up old checkpoints"
        description = """
        Deletes what AI Ops no longer needs of old conversations.

        The sidecar does this by itself on its schedule, within its retention settings; run this Job to have it done now.
        It shows how much was deleted. A run that is under way already is followed instead of starting a second one.
        """
        has_sensitive_variables = False
        soft_time_limit = SOFT_TIME_LIMIT_SECONDS
        time_limit = TIME_LIMIT_SECONDS


class MCPServerHealthCheck(FollowedJob):
    """The sidecar's job of this name."""

    sidecar_job = "mcp-server-health-check"

    class Meta:
        name = "MCP Server Health Check"
        description = """
        Looks whether the MCP servers answer, and writes Healthy or Failed as their status when it has changed.

        The sidecar does this by itself every minute; run this Job to have it done now. A status is written when two looks
        in a row say so. Servers in Maintenance keep that status. A look that is under way already is followed.
        """
        has_sensitive_variables = False
        soft_time_limit = SOFT_TIME_LIMIT_SECONDS
        time_limit = TIME_LIMIT_SECONDS


register_jobs(CleanUpOldCheckpoints, MCPServerHealthCheck)
