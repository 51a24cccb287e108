-- DropForeignKey
ALTER TABLE "mail_token" DROP CONSTRAINT "mail_token_account_id_fkey";

-- DropIndex
DROP INDEX "account_last_seen_at_idx";

-- DropIndex
DROP INDEX "session_previous_hash_key";

-- DropIndex
DROP INDEX "audit_entry_at_idx";

-- AlterTable
ALTER TABLE "account" ADD COLUMN     "guest" BOOL NOT NULL DEFAULT true;

-- AlterTable
ALTER TABLE "password" DROP COLUMN "verified_at";
ALTER TABLE "password" ADD COLUMN     "one_time" BOOL NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "session" DROP COLUMN "previous_hash";

-- DropTable
DROP TABLE "mail_token";

-- CreateTable
CREATE TABLE "retired_token" (
    "hash" BYTES NOT NULL,
    "session_id" UUID NOT NULL,
    "salt" BYTES NOT NULL,
    "retired_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "retired_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "mail_link" (
    "id" UUID NOT NULL,
    "purpose" "mail_purpose" NOT NULL,
    "email" STRING(254) NOT NULL,
    "hash" BYTES,
    "sent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "name" STRING(64),
    "password_hash" STRING(255),
    "account_id" UUID,

    CONSTRAINT "mail_link_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "retired_token_session_id_idx" ON "retired_token"("session_id");

-- CreateIndex
CREATE INDEX "retired_token_retired_at_idx" ON "retired_token"("retired_at");

-- CreateIndex
CREATE UNIQUE INDEX "mail_link_hash_key" ON "mail_link"("hash");

-- CreateIndex
CREATE INDEX "mail_link_account_id_idx" ON "mail_link"("account_id");

-- CreateIndex
CREATE INDEX "mail_link_email_idx" ON "mail_link"("email");

-- CreateIndex
CREATE INDEX "mail_link_expires_at_idx" ON "mail_link"("expires_at");

-- CreateIndex
CREATE INDEX "account_guest_last_seen_at_idx" ON "account"("guest", "last_seen_at");

-- CreateIndex
CREATE INDEX "world_member_account_id_idx" ON "world_member"("account_id");

-- CreateIndex
CREATE INDEX "ban_created_at_id_idx" ON "ban"("created_at", "id");

-- CreateIndex
CREATE INDEX "audit_entry_at_id_idx" ON "audit_entry"("at", "id");

-- CreateIndex
CREATE INDEX "audit_entry_action_at_idx" ON "audit_entry"("action", "at");

-- AddForeignKey
ALTER TABLE "retired_token" ADD CONSTRAINT "retired_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mail_link" ADD CONSTRAINT "mail_link_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "world_member" ADD CONSTRAINT "world_member_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE CASCADE ON UPDATE CASCADE;
