"""Nautobot Jobs of this app: they start jobs of the sidecar and show what came of them."""

from nautobot.apps.jobs import Job, register_jobs

from nautobot_ai_ops.sidecar_jobs import MAX_FOLLOW_SECONDS, SidecarJob, SidecarJobError

# Nautobot shows the jobs of a module below this name.
name = "AI Ops"

# What the start may take on top of the run, and then some: our own sentence is to come before Celery's end.
TIME_LIMIT_MARGIN_SECONDS = 120


class CleanUpOldCheckpoints(Job):
    """Starts the sidecar's job of this name, as the user who started this one, and follows it to its end."""

    sidecar_job = "clean-up-old-checkpoints"

    class Meta:
        name = "Clean up old checkpoints"
        description = """
        Deletes what AI Ops no longer needs of old conversations.

        The sidecar does this by itself on its schedule, within its retention settings; run this Job to have it done now.
        It shows how much was deleted. A run that is under way already is followed instead of starting a second one.
        """
        has_sensitive_variables = False
        soft_time_limit = MAX_FOLLOW_SECONDS + TIME_LIMIT_MARGIN_SECONDS
        time_limit = MAX_FOLLOW_SECONDS + 2 * TIME_LIMIT_MARGIN_SECONDS

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


register_jobs(CleanUpOldCheckpoints)
