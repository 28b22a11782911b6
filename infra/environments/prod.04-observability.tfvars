monthly_budget_usd     = 1000
monthly_bill_alarm_usd = 2000
